"""Searches and selectors of one's own: served to a study, and line by line."""

from __future__ import annotations

import io
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
import ravine
from ravine.search_program import (
    EXHAUSTED,
    WAIT,
    Again,
    Ask,
    Parameter,
    Proposal,
    SearchProgram,
    Selector,
    Told,
    serve_sampler,
)

START = {
    "start": {
        "protocol": 1,
        "seed": 7,
        "objectives": 1,
        "parameters": [
            {"path": "lr", "kind": "float", "low": 1e-4, "high": 1.0, "log": True, "conditional": False},
            {"path": "opt", "kind": "choice", "options": ["sgd", "adam"], "weights": [1.0, 3.0], "ordered": False,
             "conditional": False},
            {"path": "opt.adam.beta", "kind": "float", "low": 0.8, "high": 1.0, "log": False, "when": {"opt": "adam"},
             "conditional": True},
        ],
    }
}  # fmt: skip


def served(search: Any, *messages: dict) -> list[dict]:
    sink = io.StringIO()
    serve_sampler(search, source=io.StringIO("".join(json.dumps(message) + "\n" for message in messages)), sink=sink)
    return [json.loads(line) for line in sink.getvalue().splitlines()]


def ask(decision: int, **more: Any) -> dict:
    return {"ask": {"decision": decision, "budget": 10, **more}}


def running(trial: int, **point: Any) -> dict:
    return {"tell": {"trial": trial, "state": "running", "point": point}}


def complete(trial: int, value: Any, **point: Any) -> dict:
    return {"tell": {"trial": trial, "state": "complete", "point": point, "values": [value]}}


class Recorder(SearchProgram):
    """Answers from a list, and notes what it was told."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.told: list[Told] = []
        self.asks: list[Ask] = []

    def tell(self, told: Told) -> None:
        self.told.append(told)

    def ask(self, ask: Ask) -> Any:
        self.asks.append(ask)
        print("this is no answer")
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_answers_become_lines(capsys: pytest.CaptureFixture[str]) -> None:
    search = Recorder(
        {"lr": 0.1}, Proposal({"lr": 0.2}, memo=[1]), Proposal({"lr": 0.3}, parent=2), Again(3, 2), Again(3, memo="m"),
        None, WAIT, EXHAUSTED, KeyError("lost"),
    )  # fmt: skip
    assert served(search, START, *(ask(number) for number in range(9))) == [
        {"point": {"lr": 0.1}},
        {"point": {"lr": 0.2}, "memo": [1]},
        {"point": {"lr": 0.3}, "parent": 2},
        {"repeat": 3, "runs": 2},
        {"repeat": 3, "runs": 1, "memo": "m"},
        {"wait": True},
        {"wait": True},
        {"exhausted": True},
        {"error": "KeyError: 'lost'"},
    ]
    assert capsys.readouterr().out == ""


def test_a_search_knows_the_space_and_what_became_of_trials() -> None:
    search = Recorder({})
    pruned = {"tell": {"trial": 1, "state": "pruned", "point": {}, "step": 3, "value": "inf"}}
    served(
        search,
        START,
        running(0, lr=0.1),
        complete(0, "-inf", lr=0.1),
        pruned,
        ask(4, refused=[{"point": {}, "why": "no"}]),
    )
    assert [parameter.path for parameter in search.space] == ["lr", "opt", "opt.adam.beta"]
    assert search.space[2].when == {"opt": "adam"} and search.space[2].conditional
    assert (search.seed, search.objectives) == (7, 1)
    assert [told.state for told in search.told] == ["running", "complete", "pruned"]
    assert search.told[1].values == (-math.inf,) and search.told[1].is_feasible
    assert (search.told[2].step, search.told[2].value) == (3, math.inf)
    assert (search.asks[0].decision, search.asks[0].budget, search.asks[0].refused[0]["why"]) == (4, 10, "no")


def test_random_numbers_follow_from_seed_and_decision() -> None:
    draws = {(d, s, len(r)): Ask(d, None, r, s).rng.random() for d in (0, 1) for s in (0, 1) for r in ((), ({},))}
    assert len(set(draws.values())) == 8
    assert draws[1, 1, 0] == Ask(1, 99, (), 1).rng.random()


def test_values_lie_between_the_ends_and_on_the_grid() -> None:
    assert Parameter("x", "float", 1e-4, 1.0, log=True).middle == pytest.approx(1e-2)
    assert [Parameter("x", "float", 0.0, 1.0, step=0.4).place(share) for share in (0, 0.5, 1)] == [
        0.0,
        0.4,
        0.8,
    ]
    assert [Parameter("x", "float", 1.0, 2.0, points=3).place(share) for share in (0, 0.4, 1)] == [
        1.0,
        1.5,
        2.0,
    ]
    assert Parameter("x", "int", 1, 4).place(1) == 4 and isinstance(Parameter("x", "int", 1, 4).middle, int)
    choice = Parameter("x", "choice", options=["a", "b"], weights=[1, 3])
    assert [choice.place(share) for share in (0, 0.24, 0.26, 1)] == ["a", "a", "b", "b"]
    order = Parameter("x", "permutation", items=["a", "b", "c"])
    assert order.place(0) == ["a", "b", "c"] and order.place(1) == ["c", "b", "a"]
    assert len({tuple(order.draw(random.Random(seed))) for seed in range(60)}) == 6


class Twice(Selector):
    """Runs each of its points twice, and then the best once more."""

    def __init__(self) -> None:
        self.left = [(0.1, "sgd", None), (0.2, "sgd", None)]
        self.results: list[tuple[float, tuple]] = []
        self.last = False

    def has_more_trials(self) -> bool:
        return not self.last

    def get_next_trials(self) -> Any:
        if self.left:
            return self.left.pop(0), 2
        if len(self.results) < 4:
            return None
        self.last = True
        return {"lr": min(self.results)[1][0], "opt": "sgd"}, 1

    def on_trials_completed(self, values: tuple, results: Any) -> None:
        self.results += [(result[0], values) for result in results]


SGD = {"opt": "sgd"}


def test_a_selector_hands_out_points_several_times_waits_and_ends() -> None:
    answers = served(
        Twice(), START,
        ask(0), ask(0), running(0, lr=0.1, **SGD), ask(1), running(1, lr=0.1, **SGD),
        ask(2), ask(3), running(2, lr=0.2, **SGD), running(3, lr=0.2, **SGD), ask(4),
        complete(0, 3, lr=0.1, **SGD), complete(1, 4, lr=0.1, **SGD), complete(2, 2, lr=0.2, **SGD),
        complete(3, 5, lr=0.2, **SGD), ask(4), running(4, lr=0.2, **SGD), ask(5),
    )  # fmt: skip
    points = [answer.get("point", {}).get("lr", answer) for answer in answers]
    assert points == [0.1, 0.1, 0.1, 0.2, 0.2, {"wait": True}, 0.2, {"exhausted": True}]


def test_a_resumed_selector_comes_to_the_same_state() -> None:
    history = [running(0, lr=0.1, **SGD), running(1, lr=0.1000000000001, **SGD), complete(0, 3, lr=0.1, **SGD),
               running(2, lr=0.77, **SGD), running(3, lr=0.2, **SGD)]  # fmt: skip
    answers = served(Twice(), START, *history, ask(3), running(4, lr=0.2, **SGD), ask(4))
    assert [answer.get("point", {}).get("lr", answer) for answer in answers] == [0.2, {"wait": True}]


def test_a_selector_that_waits_for_nothing_or_repeats_where_that_is_refused_is_told() -> None:
    class Waits(Twice):
        def get_next_trials(self) -> Any:
            return None

    assert "no trial runs" in served(Waits(), START, ask(0))[0]["error"]
    refused = served(Twice(), START, ask(0), ask(0, refused=[{"point": {}, "why": "it was tried before"}]))
    assert 'duplicates = "repeat"' in refused[1]["error"]


def test_what_is_no_search_is_refused() -> None:
    with pytest.raises(TypeError, match="SearchProgram, a Selector or a sampler"):
        serve_sampler(object())  # type: ignore[arg-type]


SAMPLER = """
import ravine

class Walk(ravine.SearchProgram):
    def start(self):
        self.best = None

    def tell(self, told):
        if told.is_feasible and (self.best is None or told.values < self.best[0]):
            self.best = told.values, told.point

    def ask(self, ask):
        rng = ask.rng
        if self.best is None:
            return {parameter.path: parameter.draw(rng) for parameter in self.space}
        return ravine.Proposal({"x": min(1.0, max(0.0, self.best[1]["x"] + rng.gauss(0, 0.1)))}, memo={"by": "walk"})

class Fixed(ravine.Selector):
    left = [(0.1,), (0.9,)]
    def has_more_trials(self): return bool(self.left)
    def get_next_trials(self): return self.left.pop(0), 3

class Doubts(ravine.SearchProgram):
    def start(self):
        self.seen = []

    def tell_repetition(self, trial, repetition, values):
        self.seen.append((trial, repetition))

    def tell(self, told):
        if told.state == "complete":
            self.seen.append(told.trial)

    def ask(self, ask):
        if ask.decision == 0:
            return {"x": 0.25}
        if ask.decision == 1:
            return ravine.Again(0, runs=2) if 0 in self.seen else ravine.WAIT
        if (0, 2) not in self.seen:
            return ravine.WAIT
        print(self.seen, flush=True)
        return ravine.EXHAUSTED

if __name__ == "__main__":
    import sys
    ravine.serve_sampler({"walk": Walk, "fixed": Fixed, "doubts": Doubts}[sys.argv[1]]())
"""


def study(folder: Path, search: str, monkeypatch: pytest.MonkeyPatch, **more: Any) -> ravine.StudyResult:
    import sys

    monkeypatch.chdir(folder)
    (folder / "own.py").write_text(SAMPLER)
    (folder / "train.py").write_text("def loss(x, repetition): return (x - 0.3) ** 2 + repetition")
    spec = ravine.StudySpec(
        f"own-{search}", ravine.Space(x=ravine.Float(0, 1)), ravine.Objective("loss", "minimize"),
        ravine.Stage(call="train:loss"), seed=3, sampler={"name": "command", "run": [sys.executable, "own.py", search]},
        **more,
    )  # fmt: skip
    return ravine.run(spec, quiet=True)


def test_a_search_drives_a_study_and_goes_on_as_it_would_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    alone = {"executor": {"parallel": 1}}
    whole = study(tmp_path / "a", "walk", monkeypatch, stop={"trials": 6}, **alone)
    study(tmp_path / "b", "walk", monkeypatch, stop={"trials": 3}, **alone)
    resumed = study(tmp_path / "b", "walk", monkeypatch, stop={"trials": 6}, **alone)
    assert [trial.params for trial in whole.trials] == [trial.params for trial in resumed.trials]
    assert whole.counts["complete"] == 6


def test_a_selector_drives_a_study_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = study(tmp_path, "fixed", monkeypatch, duplicates="repeat", stop={"trials": 50})
    assert sorted(trial.params["x"] for trial in result.trials) == pytest.approx([0.1] * 3 + [0.9] * 3)


def test_a_search_may_run_a_trial_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [trial] = study(tmp_path, "doubts", monkeypatch, stop={"trials": 50}).trials
    assert trial.value == pytest.approx(1.0025), "the mean over three runs"
    log = (tmp_path / "runs" / "own-doubts" / "sampler.log").read_text()
    assert "(0, 1)" in log and "(0, 2)" in log


def test_a_sampler_of_the_define_by_run_interface_sees_what_became_of_trials() -> None:
    seen: list[list[tuple]] = []

    class Best(ravine.samplers.BaseSampler):
        def infer_relative_search_space(self, study: Any, trial: Any) -> dict:
            return {}

        def sample_relative(self, study: Any, trial: Any, search_space: dict) -> dict:
            return {}

        def sample_independent(self, study: Any, trial: Any, name: str, distribution: Any) -> Any:
            if name == "lr":
                seen.append([(t.state.name, t.params.get("lr"), t.value) for t in study.trials[: trial.number]])
            return 0.1 * (trial.number + 1) if name == "lr" else 0.9 if name == "opt.adam.beta" else "sgd"

    answers = served(
        Best(), START, running(0, lr=0.7, **SGD), complete(0, 3, lr=0.7, **SGD),
        ask(1), running(1, lr=answers_lr(2), **SGD), ask(2), complete(1, 5, lr=answers_lr(2), **SGD),
        ask(3, refused=[]), ask(3, refused=[{"point": {}, "why": "known"}]),
    )  # fmt: skip
    assert [round(answer["point"]["lr"], 9) for answer in answers] == [0.2, 0.3, 0.4, 0.5]
    assert seen[0] == [("COMPLETE", 0.7, 3.0)]
    assert seen[1][1:] == [("RUNNING", 0.2, None)]
    assert seen[2][1] == ("COMPLETE", 0.2, 5.0)
    assert [state for state, _, _ in seen[3]] == ["COMPLETE", "COMPLETE", "RUNNING", "FAIL"]


def answers_lr(number: int) -> float:
    return 0.1 * number


def test_parameters_become_distributions() -> None:
    from ravine.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
    from ravine.search_program.define_by_run import distribution

    assert distribution(Parameter("x", "float", 0.1, 1.0, log=True)) == FloatDistribution(0.1, 1.0, log=True)
    assert distribution(Parameter("x", "float", 0.0, 1.0, points=5)) == FloatDistribution(0.0, 1.0, step=0.25)
    assert distribution(Parameter("x", "int", 1, 9, step=2)) == IntDistribution(1, 9, step=2)
    assert distribution(Parameter("x", "choice", options=["a", None])) == CategoricalDistribution(["a", None])
    with pytest.raises(ValueError, match="permutation"):
        distribution(Parameter("x", "permutation", items=[1, 2]))
