from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from wan.errors import CheckpointError
from wan.families import FAMILIES, Family
from wan.hub.structure import weight_faults
from wan.weights.checkpoint import Checkpoint

NAME = "diffusion_pytorch_model"


@pytest.fixture
def copy(family: Family, tmp_path: Path) -> Path:
    assert family.root is not None
    return Path(shutil.copytree(family.root, tmp_path / "copy"))


def test_a_checkpoint_says_where_its_parts_are(family: Family) -> None:
    found = Checkpoint.open(family, "i2v-a14b")
    assert set(found.components) == {"transformer", "transformer_2", "vae", "text_encoder", "tokenizer"}
    assert found.components["vae"] == (family.root or Path()) / "shared" / "vae"
    assert found.components["transformer_2"].is_dir()


def test_a_copy_elsewhere_has_the_same_revision(family: Family, copy: Path) -> None:
    assert Checkpoint.open(family, "t2v-a14b", copy).revision == Checkpoint.open(family, "t2v-a14b").revision
    assert Checkpoint.open(family, "t2v-a14b").revision != Checkpoint.open(family, "i2v-a14b").revision


@pytest.mark.parametrize("part", ["t2v-a14b/transformer_2", "shared/vae", "shared/text_encoder", "shared/tokenizer"])
def test_one_changed_byte_changes_the_revision(family: Family, copy: Path, part: str) -> None:
    before = Checkpoint.open(family, "t2v-a14b", copy).revision
    file = max((copy / part).iterdir(), key=lambda path: path.stat().st_size)
    data = bytearray(file.read_bytes())
    data[-2] ^= 1
    file.write_bytes(bytes(data))
    assert Checkpoint.open(family, "t2v-a14b", copy).revision != before


def test_what_other_programs_leave_beside_the_files_changes_no_revision(family: Family, copy: Path) -> None:
    before = Checkpoint.open(family, "t2v-a14b", copy).revision
    for folder in ("t2v-a14b/transformer", "shared/vae", "shared/tokenizer"):
        for name in (".DS_Store", "Thumbs.db", f"._{NAME}.safetensors", "tokenizer.json~"):
            (copy / folder / name).write_bytes(b"junk")
    assert Checkpoint.open(family, "t2v-a14b", copy).revision == before
    assert list(weight_faults(copy)) == []


def _remove(path: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        shutil.rmtree(root / path) if (root / path).is_dir() else (root / path).unlink()

    return change


def _configure(path: str, **values: object) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        file = root / path / "config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | values))

    return change


def _pickle(root: Path) -> None:
    weights = root / "t2v-a14b" / "transformer" / f"{NAME}.safetensors"
    weights.rename(weights.with_suffix(".bin"))


def _lose_a_shard(root: Path) -> None:
    folder = root / "t2v-a14b" / "transformer"
    index = {"weight_map": {"a": "part-1.safetensors", "b": "part-2.safetensors"}}
    (folder / f"{NAME}.safetensors").rename(folder / "part-1.safetensors")
    (folder / f"{NAME}.safetensors.index.json").write_text(json.dumps(index))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_remove("t2v-a14b/model_index.json"), "no model_index.json"),
        (_remove("t2v-a14b/transformer_2"), "has no transformer_2"),
        (_remove("shared/tokenizer"), "has no tokenizer"),
        (_remove("shared/vae/config.json"), "vae is not in diffusers layout"),
        (_remove(f"t2v-a14b/transformer/{NAME}.safetensors"), "has no weights for transformer"),
        (_configure("t2v-a14b/transformer", in_channels=36), "in_channels is 36, this variant needs 16"),
        (_configure("shared/vae", _class_name="AutoencoderKL"), "AutoencoderKL, but vae has to be AutoencoderKLWan"),
        (_configure("shared/text_encoder", architectures=["T5EncoderModel"]), "T5EncoderModel, but text_encoder"),
        (_pickle, "pickled weights .* are refused"),
        (_lose_a_shard, "part-2.safetensors"),
    ],
)
def test_a_broken_checkpoint_says_what_is_wrong(
    family: Family, copy: Path, change: Callable[[Path], None], message: str
) -> None:
    change(copy)
    with pytest.raises(CheckpointError, match=message):
        Checkpoint.open(family, "t2v-a14b", copy)


def test_json_that_is_none_is_named(family: Family, copy: Path) -> None:
    (copy / "t2v-a14b" / "model_index.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"model_index.json cannot be read as JSON"):
        Checkpoint.open(family, "t2v-a14b", copy)


def test_a_root_that_is_no_folder_is_named(family: Family, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="nowhere, which is no folder"):
        Checkpoint.open(family, "t2v-a14b", tmp_path / "nowhere")


def test_a_family_without_the_variant_says_what_it_has(family: Family) -> None:
    with pytest.raises(CheckpointError, match="has no checkpoint for s2v-14b; it has i2v-a14b, t2v-a14b"):
        Checkpoint.open(family, "s2v-14b")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "hub"
    folder.mkdir()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder))
    monkeypatch.setenv("WANFLOW_MODELS", str(tmp_path / "no models"))
    return folder


def test_without_root_and_cache_the_message_says_what_to_do(hub: Path) -> None:
    wanted = r"wanflow models pull t2v-a14b.*model.root.*Wan2.2-T2V-A14B-Diffusers/"
    with pytest.raises(CheckpointError, match=wanted):
        Checkpoint.open(FAMILIES["wan22"], "t2v-a14b")


def test_a_pulled_model_is_found_after_one_under_the_root(
    hub: Path, family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANFLOW_MODELS", str(tmp_path / "models"))
    pulled, mine = tmp_path / "models" / "t2v-a14b", tmp_path / "mine" / "Wan2.2-T2V-A14B-Diffusers"
    _whole_copy(family, pulled)
    (tmp_path / "mine").mkdir()
    assert Checkpoint.open(FAMILIES["wan22"], "t2v-a14b").folder == pulled
    assert Checkpoint.open(FAMILIES["wan22"], "t2v-a14b", tmp_path / "mine").folder == pulled
    _whole_copy(family, mine)
    assert Checkpoint.open(FAMILIES["wan22"], "t2v-a14b", tmp_path / "mine").folder == mine
    assert Checkpoint.open(FAMILIES["wan22"], "t2v-a14b").folder == pulled


def _whole_copy(family: Family, folder: Path) -> None:
    """The tiny checkpoint with its shared parts beside the others, as published ones have them."""
    assert family.root is not None
    shutil.copytree(family.root / "t2v-a14b", folder)
    shutil.copytree(family.root / "shared", folder, dirs_exist_ok=True)


def test_a_snapshot_in_the_hugging_face_cache_is_found_and_its_blobs_are_not_read(
    hub: Path, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = _as_hub_cache(hub, family)
    role = replace(family.roles["t2v-a14b"], repo="Org/Model", shared={})
    hosted = Family(name="hosted", roles={"t2v-a14b": role})
    found = Checkpoint.open(hosted, "t2v-a14b")
    assert found.folder == snapshot
    hashed: list[Path] = []

    def hash_file(path: Path) -> str:
        hashed.append(path)
        return "0" * 64

    monkeypatch.setattr("wan.system.digests.file_digest", hash_file)
    assert len(found.revision) == 64
    assert all(path.suffix != ".safetensors" and len(path.name) != 64 for path in hashed)
    assert found.revision == Checkpoint.open(hosted, "t2v-a14b").revision


def _as_hub_cache(hub: Path, family: Family) -> Path:
    """Lays the random family out as `hf download` would: a snapshot of links to blobs."""
    import hashlib

    assert family.root is not None
    repo = hub / "models--Org--Model"
    snapshot, blobs = repo / "snapshots" / ("a" * 40), repo / "blobs"
    blobs.mkdir(parents=True)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("a" * 40)
    shutil.copytree(family.root / "t2v-a14b", snapshot)
    for name in ("vae", "text_encoder", "tokenizer"):
        shutil.copytree(family.root / "shared" / name, snapshot / name)
    for weights in list(snapshot.rglob("*.safetensors")):
        blob = blobs / hashlib.sha256(weights.read_bytes()).hexdigest()
        weights.replace(blob)
        weights.symlink_to(blob)
    return snapshot


def test_weights_that_are_cut_are_found_before_they_are_loaded(copy: Path, family: Family) -> None:
    file = copy / "t2v-a14b" / "transformer_2" / f"{NAME}.safetensors"
    os.truncate(file, file.stat().st_size // 2)
    with pytest.raises(CheckpointError, match=r"transformer_2/.* is cut: .*; fetch it again"):
        Checkpoint.open(replace(family, root=copy), "t2v-a14b")
