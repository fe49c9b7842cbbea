"""Artifacts as files of a folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO

from ravine.artifacts.exceptions import ArtifactNotFound


class FileSystemArtifactStore:
    """Keeps artifacts as files of a folder, which must exist.

    Args:
        base_path: The folder.
    """

    def __init__(self, base_path: str | Path) -> None:
        self._base_path = Path(base_path)

    def open_reader(self, artifact_id: str) -> BinaryIO:
        """The artifact, open for reading.

        Raises:
            ArtifactNotFound: When there is none of this name.
            ValueError: When the name leads out of the folder.
        """
        try:
            return open(self._path(artifact_id), "rb")
        except FileNotFoundError as error:
            raise ArtifactNotFound(f"{self._base_path} has no artifact {artifact_id}") from error

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        """Keeps what `content_body` holds.

        Raises:
            ValueError: When the name leads out of the folder.
        """
        with open(self._path(artifact_id), "wb") as file:
            shutil.copyfileobj(content_body, file)

    def remove(self, artifact_id: str) -> None:
        """Deletes the artifact's file.

        Raises:
            ArtifactNotFound: When there is none of this name.
            ValueError: When the name leads out of the folder.
        """
        try:
            os.remove(self._path(artifact_id))
        except FileNotFoundError as error:
            raise ArtifactNotFound(f"{self._base_path} has no artifact {artifact_id}") from error

    def _path(self, artifact_id: str) -> Path:
        base = os.path.abspath(self._base_path)
        path = os.path.abspath(os.path.join(base, artifact_id))
        if os.path.isabs(artifact_id) or os.path.commonpath([base, path]) != base:
            raise ValueError(f"Invalid artifact_id: {artifact_id}: it leads out of {base}")
        return self._base_path / artifact_id
