"""A model of a few files on a hub of this machine."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wan.hub.fake_hub import FakeHub
from wan.hub.pull import Pace, Source
from wan.variants.published import Model

KB = 1024
PACE = Pace(connections=4, part_bytes=64 * KB, attempts=4, first_pause=0.01, margin=0)


def safetensors(kilobytes: int, seed: int) -> bytes:
    """A sound safetensors file with one tensor of noise."""
    size = kilobytes * KB
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return struct.pack("<Q", len(header)) + header + random.Random(seed).randbytes(size)


def model_files() -> dict[str, bytes]:
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    return {
        "model-00001-of-00002.safetensors": safetensors(300, 1),
        "model-00002-of-00002.safetensors": safetensors(130, 2),
        "model.safetensors.index.json": json.dumps(index).encode(),
        "config.json": b'{"hidden_size": 8}',
        "added tokens/special_tokens.json": b"{}",
        "vae/diffusion_pytorch_model.safetensors": safetensors(20, 3),
        "empty/nothing.txt": b"",
        "pytorch_model.bin": b"a pickle",
        "assets/logo.png": b"a picture",
    }


PULLED = [
    "added tokens/special_tokens.json",
    "config.json",
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
    "vae/diffusion_pytorch_model.safetensors",
]


@pytest.fixture
def model() -> Model:
    return Model(
        name="some-model",
        purpose="tests",
        size=450e3,
        layout="transformers",
        huggingface="somebody/some-model",
        modelscope="somebody/some-model",
    )


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with FakeHub(model_files()).serving() as hub:
        yield hub


@pytest.fixture
def source(hub: FakeHub) -> Source:
    return Source(endpoint=hub.address)


@pytest.fixture(autouse=True)
def _own_homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("WANFLOW_MODELS", raising=False)


class Told:
    """What a pull says of its progress."""

    def __init__(self) -> None:
        self.total = self.here = self.fetched = 0
        self.done: list[str] = []
        self.notes: list[str] = []

    def begin(self, model: Model, total: int, here: int) -> None:
        self.total, self.here = total, here

    def arrived(self, count: int) -> None:
        self.fetched += count

    def file_done(self, path: str) -> None:
        self.done.append(path)

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def told() -> Told:
    return Told()
