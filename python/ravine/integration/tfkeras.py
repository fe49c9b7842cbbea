"""Pruning of the epochs of TensorFlow's Keras, which is Keras."""

from __future__ import annotations

from ravine.integration.keras import KerasPruningCallback


class TFKerasPruningCallback(KerasPruningCallback):
    """:class:`~ravine.integration.KerasPruningCallback` under its older name."""
