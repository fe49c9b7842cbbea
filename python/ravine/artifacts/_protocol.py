"""What an artifact store is."""

from __future__ import annotations

from typing import BinaryIO, Protocol


class ArtifactStore(Protocol):
    """Bytes by name. Own stores have these three methods; they are called from several threads."""

    def open_reader(self, artifact_id: str) -> BinaryIO:
        """The artifact, open for reading; the caller closes it.

        Raises:
            ArtifactNotFound: When there is none of this name.
        """
        ...

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        """Keeps what `content_body` holds from where it stands; one of the same name is replaced."""
        ...

    def remove(self, artifact_id: str) -> None:
        """Forgets the artifact.

        Raises:
            ArtifactNotFound: When there is none of this name (a store may also do nothing).
        """
        ...
