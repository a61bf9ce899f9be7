from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.wan.hub.conftest import PACE, Told
from tests.wan.hub.fake_hub import COMMIT, FakeHub
from wan.errors import CheckpointError
from wan.hub.catalog import Model
from wan.hub.manifest import File, Manifest, read_manifest, write_manifest
from wan.hub.pull import Source, pull
from wan.weights.places import MANIFEST


def test_the_manifest_says_where_it_is_from(hub: FakeHub, model: Model, told: Told, source: Source) -> None:
    folder = pull(model, told, source=source, pace=PACE).folder
    row = json.loads((folder / "wanflow.json").read_text())
    assert (row["repo"], row["revision"], row["commit"]) == ("somebody/some-model", "main", COMMIT)
    assert row["files"]["config.json"]["size"] == 18
    assert read_manifest(folder) is not None


MADE = Manifest(
    name="m", hub="huggingface", repo="a/b", revision="main", commit="c", layout="diffusers", licence="Apache-2.0",
    variant=None, files={"config.json": File(2, "sha", "git:x"), "w": File(40, "sha", "sha256:x")},
)  # fmt: skip


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None
    write_manifest(tmp_path, MADE)
    assert read_manifest(tmp_path) == MADE
    assert MADE.size == 42


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "cannot be understood"),
        ("[]", "cannot be understood"),
        ('{"wanflow": 1, "files": {}}', "cannot be understood"),
        ('{"wanflow": 2, "files": {}}', "newer wanflow"),
    ],
)
def test_a_manifest_of_something_else_is_an_error(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(CheckpointError, match=told):
        read_manifest(tmp_path)


def test_a_file_in_place_of_the_folder_was_not_pulled(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert read_manifest(tmp_path / "file") is None
