"""Artifacts in Google Cloud Storage."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO

from ravine._notice import experimental
from ravine.artifacts.exceptions import ArtifactNotFound

if TYPE_CHECKING:
    from google.cloud.storage import Client  # type: ignore[import-not-found]


@experimental("3.4.0")
class GCSArtifactStore:
    """Keeps artifacts as blobs of a bucket.

    Args:
        bucket_name: The bucket; it must exist.
        client: A client of google-cloud-storage; None: one made from the environment.

    Raises:
        ImportError: When google-cloud-storage is not installed.
    """

    def __init__(self, bucket_name: str, client: Client | None = None) -> None:
        try:
            from google.cloud import storage  # type: ignore[import-not-found]
        except ImportError as error:
            raise ImportError(
                "artifacts in Google Cloud Storage need google-cloud-storage: `pip install ravine[gcs]`"
            ) from error
        self.bucket_name = bucket_name
        self.client: Any = client or storage.Client()
        self.bucket_obj: Any = self.client.bucket(bucket_name)

    def open_reader(self, artifact_id: str) -> BinaryIO:
        """The artifact, read into memory.

        Raises:
            ArtifactNotFound: When the bucket has none of this name.
        """
        blob = self.bucket_obj.get_blob(artifact_id)
        if blob is None:
            raise ArtifactNotFound(f"the bucket {self.bucket_name} has no artifact {artifact_id}")
        return io.BytesIO(blob.download_as_bytes())

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        """Keeps what `content_body` holds."""
        self.bucket_obj.blob(artifact_id).upload_from_string(content_body.read())

    def remove(self, artifact_id: str) -> None:
        """Deletes the blob."""
        self.bucket_obj.delete_blob(artifact_id)
