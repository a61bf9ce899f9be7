from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from wan.convert.gather import gather
from wan.convert.run import convert
from wan.convert.sources import PickleSource, SafetensorsSource
from wan.errors import CheckpointError
from wan.weights.headers import read_header


class Trap:
    """A pickle that creates a file when something unpickles it carelessly."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> Any:
        return (os.system, (f"touch {self.place}",))


def test_the_trap_of_the_next_test_works(tmp_path: Path) -> None:
    torch.save({"a": Trap(tmp_path / "sprung")}, tmp_path / "evil.pth")
    torch.load(tmp_path / "evil.pth", weights_only=False)
    assert (tmp_path / "sprung").exists()


@pytest.mark.parametrize("name", ["models_t5_umt5-xxl-enc-bf16.pth", "Wan2.1_VAE.pth"])
def test_a_pickle_that_wants_to_run_code_is_refused(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    folder.mkdir()
    torch.save({"weight": torch.zeros(2), "a": Trap(tmp_path / "sprung")}, folder / name)
    with pytest.raises(CheckpointError, match="is refused: it holds more than weights"):
        convert([folder], tmp_path / "out")
    with pytest.raises(CheckpointError, match="is refused"):
        gather([folder / name])
    assert not (tmp_path / "sprung").exists()


def test_an_old_or_broken_pickle_is_an_error(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(2)}, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    (tmp_path / "broken.pth").write_bytes(b"no weights")
    for name in ("old.pth", "broken.pth"):
        with pytest.raises(CheckpointError, match=f"{name} cannot be read as weights.*too old|{name} is refused"):
            PickleSource(tmp_path / name)


def test_tensors_of_every_type_are_read_as_they_were_written(tmp_path: Path) -> None:
    types = [torch.float32, torch.bfloat16, torch.float16, torch.float8_e4m3fn, torch.float8_e5m2, torch.int64]
    weights = {str(dtype): (torch.arange(6.0).reshape(2, 3) * 2).to(dtype) for dtype in types}
    weights |= {"scalar": torch.tensor(3.5), "empty": torch.zeros(0, 4)}
    save_file(weights, tmp_path / "a.safetensors")
    source = SafetensorsSource([tmp_path / "a.safetensors"])
    for name, tensor in weights.items():
        assert torch.equal(source.read(name).float(), tensor.float())
        assert source.read(name).dtype == tensor.dtype


def test_a_wrapped_state_dict_is_unwrapped(tmp_path: Path) -> None:
    torch.save({"state_dict": {"a": torch.ones(2)}}, tmp_path / "a.pth")
    assert PickleSource(tmp_path / "a.pth").read("a").tolist() == [1, 1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no safetensors at all",
        struct.pack("<Q", 2**60) + b"{}",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 200_000) + b"[" * 200_000,
        struct.pack("<Q", 53) + b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}'[:53],
        struct.pack("<Q", 54) + b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}' + b"1234",
        struct.pack("<Q", 54) + b'{"a":{"dtype":"Q32","shape":[1],"data_offsets":[0,4]}}' + b"1234",
    ],
)
def test_a_file_that_is_no_safetensors_is_an_error_that_names_it(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"a\.safetensors"):
        read_header(tmp_path / "a.safetensors")


# A transformer of 270 MB in fp32 and a text encoder of 200 MB in a pickle; shards of 60 MB come out.
MEASURED = """
import json, sys
from pathlib import Path
import torch
from safetensors.torch import save_file
from wan.convert.classes import expected
from wan.convert.kinds import KINDS
from wan.convert.run import convert

def status(name):
    line = next(line for line in open("/proc/self/status") if line.startswith(name + ":"))
    return int(line.split()[1]) * 1024

folder, target, shard = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
tiny = {"num_attention_heads": 1, "attention_head_dim": 128, "num_layers": 1}
for kind in KINDS:  # load the libraries before the measurement
    if kind.variant == "t2v-a14b" or kind.component in ("text_encoder", "vae"):
        expected(kind, tiny if kind.variant else {})
open("/proc/self/clear_refs", "w").write("5")  # the peak counts from here on
before = status("VmRSS")
convert([folder], target, shard_bytes=shard)
print(json.dumps({"peak": status("VmHWM") - before}))
"""
WRITTEN = """
import sys
from pathlib import Path
import torch
from safetensors.torch import save_file
folder = Path(sys.argv[1])
dim, ffn = 1024, 4096
for name in ("high_noise_model", "low_noise_model"):
    (folder / name).mkdir()
    w = {"patch_embedding.weight": (dim, 16, 1, 2, 2), "patch_embedding.bias": (dim,), "head.modulation": (1, 2, dim),
         "head.head.weight": (64, dim), "head.head.bias": (64,), "time_projection.1.weight": (6 * dim, dim),
         "time_projection.1.bias": (6 * dim,)}
    for part, width in (("text", 256), ("time", 256)):
        w |= {f"{part}_embedding.0.weight": (dim, width), f"{part}_embedding.0.bias": (dim,),
              f"{part}_embedding.2.weight": (dim, dim), f"{part}_embedding.2.bias": (dim,)}
    for i in range(3):
        b = f"blocks.{i}"
        w |= {f"{b}.modulation": (1, 6, dim), f"{b}.norm3.weight": (dim,), f"{b}.norm3.bias": (dim,),
              f"{b}.ffn.0.weight": (ffn, dim), f"{b}.ffn.0.bias": (ffn,), f"{b}.ffn.2.weight": (dim, ffn),
              f"{b}.ffn.2.bias": (dim,)}
        for a in ("self_attn", "cross_attn"):
            w |= {f"{b}.{a}.{n}.weight": (dim, dim) for n in "qkvo"} | {f"{b}.{a}.{n}.bias": (dim,) for n in "qkvo"}
            w |= {f"{b}.{a}.norm_{n}.weight": (dim,) for n in "qk"}
    save_file({n: torch.zeros(s) for n, s in w.items()}, folder / name / "diffusion_pytorch_model.safetensors")
d, f = 1024, 2048
t = {"token_embedding.weight": (20000, d), "norm.weight": (d,)}
for i in range(2):
    b = f"blocks.{i}"
    t |= {f"{b}.norm1.weight": (d,), f"{b}.norm2.weight": (d,), f"{b}.pos_embedding.embedding.weight": (32, 16),
          f"{b}.ffn.gate.0.weight": (f, d), f"{b}.ffn.fc1.weight": (f, d), f"{b}.ffn.fc2.weight": (d, f)}
    t |= {f"{b}.attn.{n}.weight": (d, d) for n in "qkvo"}
torch.save({n: torch.zeros(s, dtype=torch.bfloat16) for n, s in t.items()}, folder / "models_t5.pth")
"""


@pytest.mark.slow
def test_memory_stays_under_a_shard_and_a_fifth(tmp_path: Path) -> None:
    folder, shard = tmp_path / "reference", 60_000_000
    folder.mkdir()
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", WRITTEN, str(folder)], check=True, cwd=root)
    size = sum(file.stat().st_size for file in folder.rglob("*.*") if file.is_file())
    assert size > 400_000_000
    command = [sys.executable, "-c", MEASURED, str(folder), str(tmp_path / "out"), str(shard)]
    said = subprocess.run(command, check=True, cwd=root, capture_output=True, text=True).stdout
    peak = int(said.rpartition('"peak": ')[2].rstrip("}\n"))
    largest = max(file.stat().st_size for file in (tmp_path / "out").rglob("*.safetensors"))
    made = sum(file.stat().st_size for file in (tmp_path / "out").rglob("*.safetensors"))
    print(f"{size / 1e6:.0f} MB to {made / 1e6:.0f} MB, largest file {largest / 1e6:.0f} MB, peak {peak / 1e6:.0f} MB")
    assert peak < 1.2 * largest
