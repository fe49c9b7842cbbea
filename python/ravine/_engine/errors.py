"""What goes wrong with the engine, by the exit code that it ended with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = [
    "EngineError",
    "EngineNotFoundError",
    "NoSuccessfulTrialError",
    "StudyFileError",
    "StudyRefusedError",
    "TooManyFailuresError",
    "error_of",
    "shallow",
]


class EngineError(RuntimeError):
    """The engine could not do what was asked; the message is its own.

    Attributes:
        exit_code: What it ended with, as in docs/reference/exit-codes.md; negative: the signal that killed
            it.
    """

    def __init__(self, message: str, exit_code: int | None = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class EngineNotFoundError(EngineError):
    """There is no ``ravine`` program."""


class NoSuccessfulTrialError(EngineError):
    """The study ended, and no trial succeeded."""


class StudyFileError(EngineError, ValueError):
    """The study file, an expression in it or a parameter is wrong; the message shows the line."""


class StudyRefusedError(EngineError):
    """What is there forbids it: a study of this name with another space, a newer database, no such study."""


class TooManyFailuresError(EngineError):
    """So many trials failed in a row that the study ended: its program is broken."""


_BY_EXIT_CODE: dict[int, type[EngineError]] = {
    1: NoSuccessfulTrialError,
    3: StudyFileError,
    4: StudyRefusedError,
    7: TooManyFailuresError,
}


@contextmanager
def shallow() -> Iterator[None]:
    """For what goes into a study as deep as it is: one that is too deep is a mistake in the study."""
    try:
        yield
    except RecursionError:
        raise StudyFileError("the study is nested too deeply", 3) from None


def error_of(exit_code: int, message: str) -> EngineError:
    """The error for an exit code other than 0; ``message`` is what the engine said on its standard error."""
    said = message.strip().removeprefix("error: ")
    if not said:
        said = (
            f"the engine was killed by signal {-exit_code}"
            if exit_code < 0
            else f"the engine ended with exit code {exit_code}"
        )
    return _BY_EXIT_CODE.get(exit_code, EngineError)(said, exit_code)
