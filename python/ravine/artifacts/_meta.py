"""Artifacts of trials and studies: put there, listed, fetched."""

from __future__ import annotations

import json
import mimetypes
import os
import shutil
import uuid
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ravine import _notice
from ravine.study import Study
from ravine.trial import FrozenTrial, Trial

if TYPE_CHECKING:
    from ravine.artifacts._protocol import ArtifactStore
    from ravine.storages import BaseStorage

ARTIFACTS_ATTR_PREFIX = "artifacts:"
DEFAULT_MIME_TYPE = "application/octet-stream"


@dataclass
class ArtifactMeta:
    """What is known of an artifact.

    Attributes:
        artifact_id: Its name in the store.
        filename: The name of the file it was.
        mimetype: What kind of content it is.
        encoding: How that is packed ("gzip"), if it is.
    """

    artifact_id: str
    filename: str
    mimetype: str
    encoding: str | None


@_notice.once_positional("study_or_trial", "file_path", "artifact_store", since="4.0.0")
def upload_artifact(
    *,
    artifact_store: ArtifactStore,
    file_path: str,
    study_or_trial: Trial | FrozenTrial | Study,
    storage: BaseStorage | None = None,
    mimetype: str | None = None,
    encoding: str | None = None,
) -> str:
    """Puts a file into a store, and notes it with a trial or study.

    Args:
        artifact_store: Where to.
        file_path: The file.
        study_or_trial: What it belongs to.
        storage: The storage of a `FrozenTrial`, which does not know its own.
        mimetype: What kind of content it is; None: by the file's name.
        encoding: How it is packed; None: by the file's name.

    Returns:
        The artifact's name in the store.

    Raises:
        ValueError: For a `FrozenTrial` without `storage`.
    """
    filename = os.path.basename(file_path)
    known_type, known_encoding = mimetypes.guess_type(filename)
    meta = ArtifactMeta(
        str(uuid.uuid4()), filename, mimetype or known_type or DEFAULT_MIME_TYPE, encoding or known_encoding
    )
    _note(study_or_trial, storage, ARTIFACTS_ATTR_PREFIX + meta.artifact_id, json.dumps(asdict(meta)))
    with open(file_path, "rb") as file:
        artifact_store.write(meta.artifact_id, file)
    return meta.artifact_id


def download_artifact(*, artifact_store: ArtifactStore, file_path: str, artifact_id: str) -> None:
    """Fetches an artifact into a new file.

    Args:
        artifact_store: Where from.
        file_path: The file.
        artifact_id: The artifact's name in the store.

    Raises:
        ArtifactNotFound: When the store has none of this name.
        FileExistsError: When the file is there already.
    """
    if os.path.exists(file_path):
        raise FileExistsError(f"File already exists: {file_path}")
    with artifact_store.open_reader(artifact_id) as reader, open(file_path, "xb") as writer:
        shutil.copyfileobj(reader, writer)


def get_all_artifact_meta(
    study_or_trial: Trial | FrozenTrial | Study, *, storage: BaseStorage | None = None
) -> list[ArtifactMeta]:
    """The artifacts of a trial or study, in the order in which they came.

    Args:
        study_or_trial: What they belong to.
        storage: The storage of a `FrozenTrial`, which does not know its own.

    Raises:
        ValueError: For a `FrozenTrial` without `storage`.
    """
    attributes = _attributes(study_or_trial, storage)
    return [
        ArtifactMeta(**json.loads(content))
        for key, content in attributes.items()
        if key.startswith(ARTIFACTS_ATTR_PREFIX)
    ]


def _storage(owner: Trial | FrozenTrial | Study, storage: Any) -> Any:
    if storage is not None:
        return storage
    if isinstance(owner, Study):
        return owner._storage
    if isinstance(owner, Trial):
        return owner.storage
    raise ValueError("storage is required for FrozenTrial.")


def _note(owner: Trial | FrozenTrial | Study, storage: Any, key: str, value: str) -> None:
    kept = _storage(owner, storage)
    if isinstance(owner, Study):
        kept.set_study_system_attr(owner._study_id, key, value)
    else:
        kept.set_trial_system_attr(owner._trial_id, key, value)


def _attributes(owner: Trial | FrozenTrial | Study, storage: Any) -> dict[str, Any]:
    kept = _storage(owner, storage)
    if isinstance(owner, Study):
        return kept.get_study_system_attrs(owner._study_id)  # type: ignore[no-any-return]
    return kept.get_trial_system_attrs(owner._trial_id)  # type: ignore[no-any-return]
