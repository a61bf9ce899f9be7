"""Weights on disk, read one tensor at a time: safetensors files by plain reads, pickles by `weights_only` and a map.

Nothing here keeps more than one tensor in memory: a process that reads a file of 60 GB stays small.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from wan.errors import CheckpointError
from wan.weights.headers import TensorInfo, read_header, read_metadata

DTYPES: Mapping[str, torch.dtype] = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "F8_E8M0": torch.float8_e8m0fnu,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U64": torch.uint64,
    "U32": torch.uint32,
    "U16": torch.uint16,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}
PICKLES = (".pth", ".pt", ".bin", ".ckpt")
_MAPPED_BYTES = 32 * 2**20


class Source(Protocol):
    """Named tensors on disk."""

    @property
    def files(self) -> Sequence[Path]:
        """The files they lie in."""

    @property
    def tensors(self) -> Mapping[str, TensorInfo]:
        """Every tensor's type and shape, in the order in which reading is fastest."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """What whoever wrote the files noted down in them."""

    def read(self, name: str) -> Tensor:
        """One tensor, on the CPU."""


class SafetensorsSource:
    """One safetensors file, or the shards of one model."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = tuple(files)
        self.tensors: dict[str, TensorInfo] = {}
        self.metadata: dict[str, str] = {}
        for file in files:
            for name, info in read_header(file).items():
                if name in self.tensors:
                    raise CheckpointError(f"{name} is in {self.tensors[name].path} and again in {file}")
                self.tensors[name] = info
            self.metadata |= read_metadata(file)

    def read(self, name: str) -> Tensor:
        """One tensor, read into memory of its own. Raises `CheckpointError` when the file ends before it does."""
        info = self.tensors[name]
        data = torch.empty(info.nbytes, dtype=torch.uint8)
        try:
            with info.path.open("rb") as file:
                file.seek(info.start)
                read = file.readinto(data.numpy().data)
        except OSError as error:
            raise CheckpointError(f"{info.path} cannot be read: {error.strerror}") from error
        if read != info.nbytes:
            raise CheckpointError(f"{info.path} ended inside {name}: it has changed since its header was read")
        return data.view(DTYPES[info.dtype]).reshape(info.shape)


class PickleSource:
    """The tensors of a `.pth` file: unpickled by torch's restricted reader, which runs no code, and mapped.

    Pages of a map count as memory of the process until it is closed: it is opened anew before they exceed
    32 MiB (or one tensor that is larger).
    """

    def __init__(self, path: Path) -> None:
        self.files = (path,)
        self.metadata: dict[str, str] = {}
        self._path, self._read = path, 0
        self._open = _load_pickle(path)
        self.tensors = {name: _info(path, name, tensor) for name, tensor in self._open.items()}

    def read(self, name: str) -> Tensor:
        """One tensor; valid until the next is read."""
        size = self.tensors[name].nbytes
        if self._read + size > _MAPPED_BYTES:
            self._open, self._read = {}, 0
            self._open = _load_pickle(self._path)
        self._read += size
        return self._open[name]


def open_source(files: Sequence[Path]) -> Source:
    """The weights in `files`: shards of one model in safetensors, or one pickle. Raises `CheckpointError`."""
    pickles = [file for file in files if file.suffix in PICKLES]
    if not pickles:
        return SafetensorsSource(files)
    if len(files) > 1:
        raise CheckpointError(f"{pickles[0]} is one of several pickled files: only single ones can be read")
    return PickleSource(pickles[0])


def _load_pickle(path: Path) -> dict[str, Tensor]:
    if path.is_file() and not zipfile.is_zipfile(path):  # the format of before 2020 cannot be mapped
        raise CheckpointError(f"{path} cannot be read as weights of PyTorch: it is cut off, too old, or something else")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path} is refused: it holds more than weights, and reading it could run code that somebody put there; "
            "get the checkpoint from its publisher, or in safetensors"
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read as weights of PyTorch: {str(error).splitlines()[0]}") from error
    for wrapper in ("state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            content = content[wrapper]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise CheckpointError(f"{path} holds something else than named tensors")
    return content


def _info(path: Path, name: str, tensor: Tensor) -> TensorInfo:
    if tensor.dtype not in _NAMES:
        raise CheckpointError(f"{path}: {name} is of type {tensor.dtype}, which is not supported")
    return TensorInfo(_NAMES[tensor.dtype], tuple(tensor.shape), path)
