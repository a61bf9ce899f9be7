from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from wan.convert import run
from wan.convert.run import JOURNAL, convert
from wan.errors import CheckpointError
from wan.system.locks import hold
from wan.variants import VARIANTS
from wan.weights.checkpoint import Checkpoint
from wan.weights.headers import read_header
from wan.weights.layout import check_component

pytestmark = pytest.mark.parity


@pytest.fixture
def i2v(reference: Any) -> Path:
    """A whole I2V checkpoint in the reference's layout."""
    for which in ("high", "low"):
        reference.expert("moe_i2v", f"weights_{which}", f"{which}_noise_model")
    reference.rest()
    return Path(reference.folder)


def dtypes(file: Path) -> dict[str, str]:
    return {name: info.dtype for name, info in read_header(file).items()}


def test_a_converted_folder_is_a_whole_checkpoint_in_diffusers_layout(i2v: Path, tmp_path: Path) -> None:
    made = convert([i2v], tmp_path / "out")
    assert (made.variant, made.missing, made.notes) == ("i2v-a14b", (), ())
    for name, kind in VARIANTS["i2v-a14b"].components.items():
        check_component(name, made.target / name, kind)
    assert Checkpoint.at(made.target, "i2v-a14b").components.keys() == VARIANTS["i2v-a14b"].components.keys()
    assert not (made.target / JOURNAL).exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "reference"]


def test_the_first_render_reads_no_converted_file_again(
    i2v: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("wan.system.digests.FRESH_NS", 0)
    checkpoint = Checkpoint.at(convert([i2v], tmp_path / "out").target, "i2v-a14b")
    monkeypatch.setattr("wan.system.digests.file_digest", lambda path: pytest.fail(f"{path} was read"))
    assert checkpoint.revision


def test_shift_and_boundary_are_those_of_the_reference(i2v: Path, tmp_path: Path) -> None:
    target = convert([i2v], tmp_path / "out").target
    assert json.loads((target / "model_index.json").read_text())["boundary_ratio"] == 0.9
    assert json.loads((target / "scheduler/scheduler_config.json").read_text())["flow_shift"] == 5.0


def test_matrices_are_rounded_to_bf16_and_vectors_are_not(i2v: Path, tmp_path: Path) -> None:
    target = convert([i2v], tmp_path / "out").target
    types = dtypes(target / "transformer/diffusion_pytorch_model.safetensors")
    assert types["blocks.0.attn1.to_q.weight"] == "BF16"
    assert types["blocks.0.scale_shift_table"] == types["blocks.0.attn1.to_q.bias"] == "F32"
    assert types["condition_embedder.time_embedder.linear_1.weight"] == "F32"
    vae = dtypes(target / "vae/diffusion_pytorch_model.safetensors")
    assert set(vae.values()) == {"F32"}


def test_shards_are_as_small_as_asked_and_load_again(i2v: Path, tmp_path: Path) -> None:
    from diffusers import WanTransformer3DModel

    whole = convert([i2v], tmp_path / "whole", dtype="fp32").target / "transformer"
    cut = convert([i2v], tmp_path / "cut", dtype="fp32", shard_bytes=100_000).target / "transformer"
    files = sorted(cut.glob("*.safetensors"))
    assert len(files) > 3
    largest = max(value.nbytes for value in load_file(whole / "diffusion_pytorch_model.safetensors").values())
    assert all(file.stat().st_size < max(largest, 100_000) + 10_000 for file in files)
    first, second = (WanTransformer3DModel.from_pretrained(folder).state_dict() for folder in (whole, cut))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_an_interrupted_conversion_goes_on_where_it_was(i2v: Path, tmp_path: Path) -> None:
    def stop(done: int, total: int, name: str) -> None:
        if name.startswith("vae/"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert([i2v], tmp_path / "out", on_progress=stop)
    assert not (tmp_path / "out").exists()
    finished = {path: path.stat().st_ino for path in (tmp_path / "out.partial").rglob("*.safetensors")}
    assert len(finished) == 3
    target = convert([i2v], tmp_path / "out").target
    for path, inode in finished.items():
        assert (target / path.relative_to(tmp_path / "out.partial")).stat().st_ino == inode


def test_a_cut_file_of_an_interrupted_conversion_is_written_again(i2v: Path, tmp_path: Path) -> None:
    def stop(done: int, total: int, name: str) -> None:
        if name.startswith("vae/"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert([i2v], tmp_path / "out", on_progress=stop)
    cut = tmp_path / "out.partial/transformer/diffusion_pytorch_model.safetensors"
    os.truncate(cut, cut.stat().st_size - 100)
    target = convert([i2v], tmp_path / "out").target
    load_file(target / "transformer/diffusion_pytorch_model.safetensors")


def test_other_weights_in_the_source_begin_anew(i2v: Path, tmp_path: Path) -> None:
    def stop(done: int, total: int, name: str) -> None:
        if name.startswith("vae/"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert([i2v], tmp_path / "out", on_progress=stop)
    shard = next((i2v / "high_noise_model").glob("*00001-of*"))
    save_file({name: value * 0 for name, value in load_file(shard).items()}, shard)
    target = convert([i2v], tmp_path / "out", dtype="fp32").target
    weights = load_file(target / "transformer/diffusion_pytorch_model.safetensors")
    assert sum(not value.any() for value in weights.values()) > 10


KILLED = """
import sys, time
from pathlib import Path
from wan.system.locks import hold
from wan.weights.checkpoint import Checkpoint
from wan.weights.headers import read_header
from wan.convert.run import convert
def slowly(done, total, name):
    print(name, flush=True)
    time.sleep(0.02)
convert([Path(sys.argv[1])], Path(sys.argv[2]), on_progress=slowly)
"""


def test_a_killed_conversion_leaves_no_half_valid_folder(i2v: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(i2v), str(tmp_path / "out")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("transformer_2/diffusion"):
            break
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "out.partial").is_dir()
    assert convert([i2v], tmp_path / "out").missing == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "reference"]


def test_a_full_disk_is_seen_before_anything_is_written(
    i2v: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10**6})())
    with pytest.raises(CheckpointError, match=r"room for 0\.0 GB"):
        convert([i2v], tmp_path / "out")
    assert not list((tmp_path / "out.partial").rglob("*.safetensors"))


def test_a_disk_that_fills_up_meanwhile_is_an_error_and_what_is_done_is_kept(i2v: Path, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))  # a file larger than that cannot be written
    try:
        with pytest.raises(CheckpointError, match="the same command goes on"):
            convert([i2v], tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.rglob("*.writing"))
    assert convert([i2v], tmp_path / "out").variant == "i2v-a14b"


def test_a_place_that_is_taken_is_left_alone(i2v: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(CheckpointError, match="exists already"):
        convert([i2v], tmp_path / "out")
    (tmp_path / "other.partial").mkdir()
    (tmp_path / "other.partial/diary.txt").write_text("mine")
    with pytest.raises(CheckpointError, match="not one of a conversion"):
        convert([i2v], tmp_path / "other")
    assert (tmp_path / "other.partial/diary.txt").read_text() == "mine"


def test_two_conversions_to_one_place_do_not_meet(i2v: Path, tmp_path: Path) -> None:
    tried: list[str] = []

    def again(done: int, total: int, name: str) -> None:
        if not tried:
            tried.append(name)
            with pytest.raises(CheckpointError, match="another conversion"):
                convert([i2v], tmp_path / "out")

    convert([i2v], tmp_path / "out", on_progress=again)
    assert tried


def test_who_came_while_the_lock_was_taken_away_does_not_write_beside_the_next(
    i2v: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock that is held first is of a conversion that has just ended; by then the next one has its own."""
    place = tmp_path / ".out.lock"
    held: list[IO[bytes] | None] = []

    def hold_late(path: Path) -> IO[bytes] | None:
        if held:
            return hold(path)
        file = path.open("a+b")
        path.unlink()
        held.append(hold(path))
        return file

    monkeypatch.setattr(run, "hold", hold_late)
    with pytest.raises(CheckpointError, match="another conversion"):
        convert([i2v], tmp_path / "out")
    (next_one,) = held
    assert next_one is not None
    assert place.exists()
    next_one.close()


def test_a_missing_shard_is_named(i2v: Path, tmp_path: Path) -> None:
    next((i2v / "low_noise_model").glob("*00002-of*")).unlink()
    with pytest.raises(CheckpointError, match=r"00002-of-00002\.safetensors"):
        convert([i2v], tmp_path / "out")


def test_an_index_cannot_name_files_elsewhere(i2v: Path, tmp_path: Path) -> None:
    index = i2v / "low_noise_model/diffusion_pytorch_model.safetensors.index.json"
    index.write_text('{"weight_map": {"a": "../high_noise_model/diffusion_pytorch_model-00001-of-00002.safetensors"}}')
    with pytest.raises(CheckpointError, match="other folders"):
        convert([i2v], tmp_path / "out")


def test_a_configuration_that_makes_no_sense_is_an_error(i2v: Path, tmp_path: Path) -> None:
    (i2v / "low_noise_model/config.json").write_text('{"num_heads": "many"}')
    with pytest.raises(CheckpointError, match="num_heads is 'many', which does not divide"):
        convert([i2v], tmp_path / "out")


def test_a_cut_shard_is_seen_before_anything_is_written(i2v: Path, tmp_path: Path) -> None:
    shard = next((i2v / "low_noise_model").glob("*00002-of*"))
    os.truncate(shard, shard.stat().st_size - 8)
    with pytest.raises(CheckpointError, match="is cut"):
        convert([i2v], tmp_path / "out")
    assert not (tmp_path / "out.partial").exists()


def test_a_missing_weight_is_named(i2v: Path, tmp_path: Path) -> None:
    place = i2v / "high_noise_model"
    weights: dict[str, torch.Tensor] = {}
    for file in place.glob("*.safetensors"):
        weights |= load_file(file)
        file.unlink()
    (place / "diffusion_pytorch_model.safetensors.index.json").unlink()
    del weights["blocks.1.norm3.bias"]
    save_file(weights, place / "diffusion_pytorch_model.safetensors")
    with pytest.raises(CheckpointError, match=r"1 weights are missing \(blocks\.1\.norm2\.bias\)"):
        convert([i2v], tmp_path / "out")


def test_a_converted_folder_cannot_be_converted_again(i2v: Path, tmp_path: Path) -> None:
    target = convert([i2v], tmp_path / "out").target
    with pytest.raises(CheckpointError, match="diffusers layout already"):
        convert([target], tmp_path / "again")
