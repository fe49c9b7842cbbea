"""The trial that an objective is called with. It lives in the extension; what is not usual is in `_define`."""

from __future__ import annotations

from ravine._ravine import Trial
from ravine.trial._base import BaseTrial

BaseTrial.register(Trial)

__all__ = ["Trial"]
