"""What goes wrong with artifacts."""

from __future__ import annotations

from ravine.exceptions import OptunaError


class ArtifactNotFound(OptunaError):
    """A store has no artifact of this name."""
