"""What the package says while it works: to standard error by default, from level INFO on."""

from __future__ import annotations

import logging
import os
import sys
import threading
from logging import CRITICAL, DEBUG, ERROR, FATAL, INFO, WARN, WARNING

__all__ = ["CRITICAL", "DEBUG", "ERROR", "FATAL", "INFO", "WARN", "WARNING"]

_lock = threading.Lock()
_default_handler: logging.Handler | None = None

_COLOURS = {"DEBUG": "36", "INFO": "32", "WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}


class _Formatter(logging.Formatter):
    """``[I 2024-01-01 10:00:00,000] message``, the header coloured on a terminal."""

    def __init__(self, coloured: bool) -> None:
        super().__init__("[%(levelname)1.1s %(asctime)s]%(end)s %(message)s")
        self._coloured = coloured

    def format(self, record: logging.LogRecord) -> str:
        colour = _COLOURS.get(record.levelname) if self._coloured else None
        record.end = "\033[0m" if colour else ""
        text = super().format(record)
        return f"\033[{colour}m{text}" if colour else text


def create_default_formatter() -> logging.Formatter:
    """The formatter of the default handler."""
    coloured = sys.stderr is not None and sys.stderr.isatty() and "NO_COLOR" not in os.environ
    return _Formatter(coloured)


def _get_library_name() -> str:
    return __name__.split(".")[0]


def _get_library_root_logger() -> logging.Logger:
    return logging.getLogger(_get_library_name())


def _configure_library_root_logger() -> None:
    global _default_handler
    with _lock:
        if _default_handler is not None:
            return
        _default_handler = logging.StreamHandler()  # Standard error.
        _default_handler.setFormatter(create_default_formatter())
        root = _get_library_root_logger()
        root.addHandler(_default_handler)
        root.setLevel(logging.INFO)
        root.propagate = False


def _reset_library_root_logger() -> None:
    global _default_handler
    with _lock:
        if _default_handler is None:
            return
        root = _get_library_root_logger()
        root.removeHandler(_default_handler)
        root.setLevel(logging.NOTSET)
        _default_handler = None


def get_logger(name: str) -> logging.Logger:
    """The logger of this name, with the package's logging set up.

    ``"optuna"``, and what lies below it, is this package's: programs for Optuna add handlers there.
    """
    _configure_library_root_logger()
    first, dot, rest = name.partition(".")
    return logging.getLogger(_get_library_name() + dot + rest if first == "optuna" else name)


def get_verbosity() -> int:
    """The level from which on the package speaks."""
    _configure_library_root_logger()
    return _get_library_root_logger().getEffectiveLevel()


def set_verbosity(verbosity: int) -> None:
    """Sets the level from which on the package speaks, such as ``ravine.logging.WARNING``."""
    _configure_library_root_logger()
    _get_library_root_logger().setLevel(verbosity)


def disable_default_handler() -> None:
    """Takes the handler away that writes to standard error."""
    _configure_library_root_logger()
    assert _default_handler is not None
    _get_library_root_logger().removeHandler(_default_handler)


def enable_default_handler() -> None:
    """Puts the handler back that writes to standard error."""
    _configure_library_root_logger()
    assert _default_handler is not None
    _get_library_root_logger().addHandler(_default_handler)


def disable_propagation() -> None:
    """Keeps messages from the root logger; so it is at first."""
    _configure_library_root_logger()
    _get_library_root_logger().propagate = False


def enable_propagation() -> None:
    """Hands messages to the root logger as well: for programs that set up logging of their own."""
    _configure_library_root_logger()
    _get_library_root_logger().propagate = True
