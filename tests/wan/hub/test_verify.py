"""Every byte of a pulled folder is compared; what is wrong is named by file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.wan.hub.conftest import PACE, Told, safetensors
from tests.wan.hub.fake_hub import FakeHub
from wan.errors import CheckpointError
from wan.families import FAMILIES, TINY_CHECKPOINTS, Role
from wan.hub.pull import Source, pull
from wan.hub.verify import verify
from wan.variants.published import Model

LARGE = "model-00001-of-00002.safetensors"


@pytest.fixture
def folder(hub: FakeHub, model: Model, told: Told, source: Source) -> Path:
    return pull(model, told, source=source, pace=PACE).folder


def test_a_whole_folder_has_no_faults_and_all_of_it_is_read(folder: Path) -> None:
    read: list[int] = []
    found = verify(folder, on_bytes=read.append)
    assert not found.faults
    assert (
        sum(read)
        == found.read
        == sum(path.stat().st_size for path in folder.rglob("*.*s*") if "wanflow" not in path.name)
    )


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_flip, "was changed: its sha256 is"),
        (lambda path: path.write_bytes(path.read_bytes()[:-5]), "has 307,273 bytes; pulled were 307,278"),
        (Path.unlink, "is missing"),
    ],
)
def test_a_changed_cut_or_missing_file_is_named_once(folder: Path, change: Callable[[Path], None], said: str) -> None:
    change(folder / LARGE)
    faults = verify(folder).faults
    assert faults[0].path == LARGE
    assert faults[0].what.startswith(said)
    assert len([fault for fault in faults if fault.path == LARGE]) == 1


def test_weights_that_somebody_put_there_are_named(folder: Path) -> None:
    (folder / "vae" / "model.safetensors").write_bytes(safetensors(1, 9))
    assert [fault.path for fault in verify(folder).faults] == ["vae/model.safetensors"]


def test_a_folder_that_was_not_pulled_is_checked_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(safetensors(1, 9)[:-1])
    found = verify(tmp_path)
    assert found.manifest is None
    assert [fault.path for fault in found.faults] == ["w.safetensors"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"wanflow": 2, "files": {}}', '{"wanflow": 1, "files": {"a": 1}}'])
def test_a_manifest_that_cannot_be_understood_is_said(folder: Path, text: str) -> None:
    (folder / "wanflow.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"wanflow.json (cannot be understood|was written by a newer wanflow)"):
        verify(folder)


@pytest.mark.parametrize("role", FAMILIES["tiny"].roles.values(), ids=list(FAMILIES["tiny"].roles))
def test_a_shipped_checkpoint_is_whole_though_its_parts_are_shared(role: Role) -> None:
    assert verify(TINY_CHECKPOINTS / role.folder, variant=role.variant).faults == ()


def test_what_is_shared_is_read_too(tmp_path: Path) -> None:
    for name in ("s2v-14b", "shared"):
        shutil.copytree(TINY_CHECKPOINTS / name, tmp_path / name)
    assert verify(tmp_path / "s2v-14b", variant="s2v-14b").faults == ()
    weights = next((tmp_path / "shared/vae").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-9])
    (fault,) = verify(tmp_path / "s2v-14b", variant="s2v-14b").faults
    assert fault.path.endswith(f"shared/vae/{weights.name}")
    shutil.rmtree(tmp_path / "shared/vae")
    (fault,) = verify(tmp_path / "s2v-14b", variant="s2v-14b").faults
    assert "the checkpoint has no vae" in fault.what
