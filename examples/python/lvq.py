"""Learning vector quantization on the handwritten digits of examples/digits: a real model in plain Python.

Each class has a few prototypes. An image pulls the nearest prototype towards itself where the class is right,
and pushes it away where it is wrong (Kohonen's LVQ1); the class of the nearest prototype is the answer.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "digits" / "data" / "digits.txt"

Image = tuple[float, ...]
Labelled = list[tuple[Image, int]]


def load(images: int, seed: int) -> tuple[Labelled, Labelled]:
    """So many of the 1,797 images, drawn with a seed: three quarters to learn from, the rest to measure with."""
    lines = DATA.read_text(encoding="utf-8").splitlines()
    chosen = random.Random(seed).sample(lines, images)
    labelled = [(tuple(int(grey, 17) / 16 for grey in line[2:]), int(line[0])) for line in chosen]
    cut = images * 3 // 4
    return labelled[:cut], labelled[cut:]


class Model:
    """The prototypes, and what they are of."""

    def __init__(self, train: Labelled, per_class: int, seed: int) -> None:
        """Starts from images of each class."""
        self._rng = random.Random(seed)
        self.prototypes: list[list[float]] = []
        self.labels: list[int] = []
        for label in range(10):
            images = [image for image, digit in train if digit == label]
            for image in self._rng.sample(images, min(per_class, len(images))):
                self.prototypes.append(list(image))
                self.labels.append(label)

    def nearest(self, image: Image) -> int:
        """The number of the prototype that an image is nearest to."""
        return min(range(len(self.prototypes)), key=lambda number: math.dist(self.prototypes[number], image))

    def learn(self, train: Labelled, rate: float) -> None:
        """Shows each image once, in an order of its own."""
        for image, label in self._rng.sample(train, len(train)):
            number = self.nearest(image)
            pull = rate if self.labels[number] == label else -rate
            self.prototypes[number] = [
                here + pull * (there - here) for here, there in zip(self.prototypes[number], image)
            ]

    def error(self, test: Labelled) -> float:
        """The share of images that are taken for another digit."""
        wrong = sum(self.labels[self.nearest(image)] != label for image, label in test)
        return wrong / len(test)


def errors(
    train: Labelled, test: Labelled, per_class: int, rate: float, decay: float, epochs: int, seed: int
) -> Iterator[float]:
    """Trains, and tells the error after each epoch."""
    model = Model(train, per_class, seed)
    for epoch in range(epochs):
        model.learn(train, rate * decay**epoch)
        yield model.error(test)
