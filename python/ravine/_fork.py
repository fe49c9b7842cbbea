"""What is said to who uses a study on the wrong side of a fork."""

from __future__ import annotations

from ravine.exceptions import ForkedStudyError


def raise_forked() -> None:
    """Raises `ForkedStudyError`."""
    raise ForkedStudyError(
        "this study was opened before the process was forked, and what the child does with it would be lost to the "
        "parent; open it in the child with ravine.load_study(study_name=..., storage='sqlite:///...'), or start "
        "children with the 'spawn' method"
    )
