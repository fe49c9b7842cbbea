"""rustuna's TPE."""

from __future__ import annotations

import rustuna

from ..space import Choice, Config, Int, Space, walk


class Search:
    """A study in memory."""

    def __init__(self, space: Space, seed: int, _budget: int):
        self.space = space
        self.study = rustuna.create_study(sampler=rustuna.samplers.TPESampler(seed=seed))

    def ask(self) -> tuple[int, Config]:
        """A trial with all its suggestions."""
        trial = self.study.ask()

        def suggest(param):
            if isinstance(param, Choice):
                return trial.suggest_categorical(param.name, list(param.options))
            call = trial.suggest_int if isinstance(param, Int) else trial.suggest_float
            return call(param.name, param.low, param.high, log=param.log)

        return trial.number, walk(self.space, suggest)

    def tell(self, handle: int, value: float) -> None:
        """The trial's end."""
        self.study.tell(handle, value)
