"""Random search."""

from __future__ import annotations

import random

from ..space import Config, Space, draw, walk


class Search:
    """Draws each configuration anew."""

    def __init__(self, space: Space, seed: int, _budget: int):
        self.space, self.rng = space, random.Random(f"random {seed}")

    def ask(self) -> tuple[None, Config]:
        """A draw."""
        return None, walk(self.space, lambda param: draw(param, self.rng))

    def tell(self, handle: None, value: float) -> None:
        """Learns nothing."""
