"""Files that belong to trials and studies: kept in a store, listed with the trial or study."""

from __future__ import annotations

from ravine.artifacts._backoff import Backoff
from ravine.artifacts._boto3 import Boto3ArtifactStore
from ravine.artifacts._filesystem import FileSystemArtifactStore
from ravine.artifacts._gcs import GCSArtifactStore
from ravine.artifacts._meta import ArtifactMeta, download_artifact, get_all_artifact_meta, upload_artifact

__all__ = [
    "ArtifactMeta",
    "Backoff",
    "Boto3ArtifactStore",
    "FileSystemArtifactStore",
    "GCSArtifactStore",
    "download_artifact",
    "get_all_artifact_meta",
    "upload_artifact",
]
