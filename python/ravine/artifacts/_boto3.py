"""Artifacts in Amazon S3, or what speaks its language."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING, Any, BinaryIO

from ravine.artifacts.exceptions import ArtifactNotFound

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client  # type: ignore[import-not-found]


class Boto3ArtifactStore:
    """Keeps artifacts as objects of a bucket.

    Args:
        bucket_name: The bucket; it must exist.
        client: A boto3 client for S3; None: one made from the environment.
        avoid_buf_copy: Whether the source is handed to boto3 itself, which closes it; else a copy in memory is.

    Raises:
        ImportError: When boto3 is not installed.
    """

    def __init__(self, bucket_name: str, client: S3Client | None = None, *, avoid_buf_copy: bool = False) -> None:
        try:
            import boto3  # type: ignore[import-not-found]
        except ImportError as error:
            raise ImportError("artifacts in S3 need boto3: `pip install ravine[boto3]`") from error
        self.bucket = bucket_name
        self.client: Any = client or boto3.client("s3")
        self._avoid_buf_copy = avoid_buf_copy

    def open_reader(self, artifact_id: str) -> BinaryIO:
        """The artifact, open for reading.

        Raises:
            ArtifactNotFound: When the bucket has none of this name.
        """
        from botocore.exceptions import ClientError  # type: ignore[import-not-found]

        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=artifact_id)
        except ClientError as error:
            if _is_missing(error):
                raise ArtifactNotFound(f"the bucket {self.bucket} has no artifact {artifact_id}") from error
            raise
        return answer["Body"]  # type: ignore[no-any-return]

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        """Keeps what `content_body` holds."""
        source = content_body
        if not self._avoid_buf_copy:
            source = io.BytesIO()
            shutil.copyfileobj(content_body, source)
            source.seek(0)
        self.client.upload_fileobj(source, self.bucket, artifact_id)

    def remove(self, artifact_id: str) -> None:
        """Deletes the object; S3 does not say whether there was one."""
        self.client.delete_object(Bucket=self.bucket, Key=artifact_id)


def _is_missing(error: Any) -> bool:
    code = error.response.get("Error", {}).get("Code")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return code == "NoSuchKey" or status == 404
