"""Artifacts: stores, and the list that a trial or study keeps of them."""

from __future__ import annotations

import io
import sys
import types
from pathlib import Path
from typing import Any, BinaryIO

import pytest

import ravine
from ravine.artifacts import (
    ArtifactMeta,
    Backoff,
    Boto3ArtifactStore,
    FileSystemArtifactStore,
    GCSArtifactStore,
    download_artifact,
    get_all_artifact_meta,
    upload_artifact,
)
from ravine.artifacts.exceptions import ArtifactNotFound


@pytest.fixture
def store(tmp_path: Path) -> FileSystemArtifactStore:
    (tmp_path / "store").mkdir()
    return FileSystemArtifactStore(tmp_path / "store")


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "model.json.gz"
    path.write_bytes(b"content")
    return str(path)


def test_what_is_written_is_read(store: FileSystemArtifactStore) -> None:
    store.write("name", io.BytesIO(b"bytes"))
    with store.open_reader("name") as reader:
        assert reader.read() == b"bytes"
    store.remove("name")
    for act in (store.open_reader, store.remove):
        with pytest.raises(ArtifactNotFound, match="name"):
            act("name")


@pytest.mark.parametrize("name", ["/etc/passwd", "../outside", "a/../../outside"])
def test_names_cannot_lead_out_of_the_folder(store: FileSystemArtifactStore, name: str) -> None:
    for act in (store.open_reader, store.remove, lambda name: store.write(name, io.BytesIO())):
        with pytest.raises(ValueError, match="Invalid artifact_id"):
            act(name)


@pytest.mark.parametrize("kept", ["memory", "sqlite"])
def test_artifacts_of_trials_and_studies_are_listed(
    store: FileSystemArtifactStore, file: str, tmp_path: Path, kept: str
) -> None:
    study = ravine.create_study(storage=None if kept == "memory" else f"sqlite:///{tmp_path / 'study.db'}")

    def objective(trial: ravine.Trial) -> float:
        name = upload_artifact(artifact_store=store, file_path=file, study_or_trial=trial)
        assert [meta.artifact_id for meta in get_all_artifact_meta(trial)] == [name]
        return 0.0

    study.optimize(objective, n_trials=2)
    mine = upload_artifact(artifact_store=store, file_path=file, study_or_trial=study, mimetype="text/x", encoding="e")
    assert get_all_artifact_meta(study) == [ArtifactMeta(mine, "model.json.gz", "text/x", "e")]
    (meta,) = get_all_artifact_meta(study.trials[1], storage=study._storage)
    assert (meta.filename, meta.mimetype, meta.encoding) == ("model.json.gz", "application/json", "gzip")
    target = tmp_path / "back"
    download_artifact(artifact_store=store, file_path=str(target), artifact_id=meta.artifact_id)
    assert target.read_bytes() == b"content"
    with pytest.raises(FileExistsError):
        download_artifact(artifact_store=store, file_path=str(target), artifact_id=meta.artifact_id)


def test_arguments_by_place_are_taken_with_a_warning(store: FileSystemArtifactStore, file: str) -> None:
    study: Any = ravine.create_study()
    upload: Any = upload_artifact
    with pytest.warns(FutureWarning, match="keyword"):
        upload(study, file, store)
    assert len(get_all_artifact_meta(study)) == 1
    with pytest.raises(TypeError, match="multiple values"), pytest.warns(FutureWarning):
        upload(study, file, file_path=file, artifact_store=store)
    with pytest.raises(TypeError, match="3 positional"):
        upload(study, file, store, None)


def test_an_unknown_kind_of_file_is_bytes(store: FileSystemArtifactStore, tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"")
    study = ravine.create_study()
    upload_artifact(artifact_store=store, file_path=str(tmp_path / "weights"), study_or_trial=study)
    assert get_all_artifact_meta(study)[0].mimetype == "application/octet-stream"


def test_a_frozen_trial_needs_its_storage(store: FileSystemArtifactStore, file: str) -> None:
    study = ravine.create_study()
    study.optimize(lambda trial: 0.0, n_trials=1)
    with pytest.raises(ValueError, match="storage is required"):
        get_all_artifact_meta(study.trials[0])
    with pytest.raises(ValueError, match="storage is required"):
        upload_artifact(artifact_store=store, file_path=file, study_or_trial=study.trials[0])


class Flaky:
    """Fails so many times before it works; each method is counted."""

    def __init__(self, failures: int, error: type[Exception] = OSError) -> None:
        self.left, self.error, self.calls = failures, error, 0
        self.content: bytes | None = None

    def _fail(self) -> None:
        self.calls += 1
        if self.left > 0:
            self.left -= 1
            raise self.error("flaky")

    def open_reader(self, artifact_id: str) -> BinaryIO:
        self._fail()
        return io.BytesIO(b"read")

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        content = content_body.read()
        self._fail()
        self.content = content

    def remove(self, artifact_id: str) -> None:
        self._fail()


def patient(backend: Any, **options: Any) -> Backoff:
    return Backoff(backend, min_delay=1e-6, max_delay=1e-5, **options)


def test_failures_are_tried_again() -> None:
    assert patient(Flaky(3)).open_reader("name").read() == b"read"
    backend = Flaky(2)
    patient(backend).write("name", io.BytesIO(b"whole"))
    assert backend.content == b"whole" and backend.calls == 3
    backend = Flaky(1)
    patient(backend).remove("name")
    assert backend.calls == 2


def test_but_not_for_ever() -> None:
    backend = Flaky(100)
    with pytest.raises(OSError):
        patient(backend, max_retries=4).open_reader("name")
    assert backend.calls == 4


def test_that_something_is_not_there_is_no_failure() -> None:
    backend = Flaky(100, ArtifactNotFound)
    with pytest.raises(ArtifactNotFound):
        patient(backend).remove("name")
    assert backend.calls == 1


def test_waits_grow_up_to_a_limit() -> None:
    backoff = Backoff(Flaky(0), min_delay=0.1, multiplier=10, max_delay=5)
    assert [backoff._get_sleep_secs(n) for n in range(4)] == [0.1, 1.0, 5, 5]
    with pytest.raises(AssertionError):
        Backoff(Flaky(0), min_delay=2, max_delay=1)


class FakeS3:
    """The part of boto3's client that is used."""

    def __init__(self, error: type[Exception]) -> None:
        self.objects: dict[str, bytes] = {}
        self._error = error

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        if Key not in self.objects:
            raise self._error({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}

    def upload_fileobj(self, source: BinaryIO, bucket: str, key: str) -> None:
        self.objects[key] = source.read()
        source.close()

    def delete_object(self, Bucket: str, Key: str) -> None:  # noqa: N803
        self.objects.pop(Key, None)


def test_s3_keeps_artifacts(monkeypatch: pytest.MonkeyPatch) -> None:
    class ClientError(Exception):
        def __init__(self, response: dict[str, Any], operation: str) -> None:
            self.response = response

    exceptions = types.SimpleNamespace(ClientError=ClientError)
    for name, module in {"boto3": object(), "botocore": object(), "botocore.exceptions": exceptions}.items():
        monkeypatch.setitem(sys.modules, name, module)
    store = Boto3ArtifactStore("bucket", FakeS3(ClientError))  # type: ignore[arg-type]
    source = io.BytesIO(b"bytes")
    store.write("name", source)
    assert not source.closed and store.open_reader("name").read() == b"bytes"
    store.remove("name")
    with pytest.raises(ArtifactNotFound, match="bucket"):
        store.open_reader("name")


def test_google_keeps_artifacts(monkeypatch: pytest.MonkeyPatch) -> None:
    blobs: dict[str, bytes] = {}

    class Blob:
        def __init__(self, name: str) -> None:
            self.name = name

        def upload_from_string(self, data: bytes) -> None:
            blobs[self.name] = data

        def download_as_bytes(self) -> bytes:
            return blobs[self.name]

    bucket = types.SimpleNamespace(
        blob=Blob, get_blob=lambda name: Blob(name) if name in blobs else None, delete_blob=blobs.pop
    )
    for name in ("google", "google.cloud"):
        monkeypatch.setitem(sys.modules, name, types.SimpleNamespace(storage=object()))
    client: Any = types.SimpleNamespace(bucket=lambda name: bucket)
    with pytest.warns(ravine.exceptions.ExperimentalWarning):
        store = GCSArtifactStore("bucket", client)
    store.write("name", io.BytesIO(b"bytes"))
    assert store.open_reader("name").read() == b"bytes"
    store.remove("name")
    with pytest.raises(ArtifactNotFound):
        store.open_reader("name")


def test_clients_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ImportError, match=r"ravine\[boto3\]"):
        Boto3ArtifactStore("bucket")
