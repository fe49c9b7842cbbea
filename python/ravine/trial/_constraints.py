"""Constraints of trials: how they are told, and where they are kept."""

from __future__ import annotations

import math
from collections.abc import MutableMapping
from typing import Any

from ravine._notice import warn

KEY = "constraints"


def read(system_attrs: MutableMapping[str, Any]) -> dict[str, float]:
    """The constraints in a trial's notes, by name; those of a sampler's function are named by their place."""
    found: dict[str, float] = {str(i): value for i, value in enumerate(system_attrs.get(KEY) or ())}
    prefix = f"{KEY}:"
    for key, value in system_attrs.items():
        if key.startswith(prefix):
            name = key[len(prefix) :]
            if name in found:
                warn("Overwrite an old format constraint.")
            found[name] = value
    return found


def checked(system_attrs: MutableMapping[str, Any], key: str, value: Any) -> tuple[str, float] | None:
    """Under which key which number is to be kept; None, with a warning, where it was told before."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"The `value` argument is of type '{type(value)}' but supposed to be a float.") from None
    if math.isnan(number):
        raise ValueError(f"Attempted to set a constraint for {key!r}, but NaN is not allowed.")
    if f"{KEY}:{key}" in system_attrs:
        warn(f"The constraint value is ignored because this constraint `{key=}` is already set.")
        return None
    return f"{KEY}:{key}", number
