"""The NVIDIA GPUs of this machine, without torch: planning asks before anything heavy is imported."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ctypes

_LIBRARIES = ("libnvidia-ml.so.1", "nvml.dll")
_NAME_BYTES = 96
"""NVML's NVML_DEVICE_NAME_V2_BUFFER_SIZE."""
_OTHER_MAKERS = ("/dev/kfd", "/dev/dxg")
"""Devices that torch may compute with though NVML is not there."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU that torch could use. `capability` is CUDA's, such as (9, 0); `name` as its driver says it: NVIDIA H200."""

    capability: tuple[int, int]
    name: str = ""


def find_gpus() -> tuple[Gpu, ...] | None:
    """The GPUs that torch would see (`CUDA_VISIBLE_DEVICES` counts); None when it cannot be told from outside."""
    if _torch_is_for_cpus():
        return ()
    gpus = _by_nvml()
    if gpus is None:
        return None if any(Path(device).exists() for device in _OTHER_MAKERS) else ()
    return visible(gpus, os.environ.get("CUDA_VISIBLE_DEVICES"))


def visible(gpus: tuple[Gpu, ...], named: str | None) -> tuple[Gpu, ...]:
    """Those that `CUDA_VISIBLE_DEVICES` names; as in CUDA, the first number that is none ends the list. Names that are
    no numbers (UUIDs, parts of a GPU) are counted, and taken to be of the first kind."""
    if named is None or not gpus:
        return gpus
    chosen: list[Gpu] = []
    for word in filter(None, (part.strip() for part in named.split(","))):
        if word.startswith(("GPU-", "MIG-")):
            chosen.append(gpus[0])
        elif word.isdigit() and int(word) < len(gpus):
            chosen.append(gpus[int(word)])
        else:
            break
    return tuple(chosen)


def _torch_is_for_cpus() -> bool:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return False


def _by_nvml() -> tuple[Gpu, ...] | None:
    """None without the driver's library."""
    import ctypes

    for name in _LIBRARIES:
        with suppress(OSError):
            return _asked(ctypes.CDLL(name))
    return None


def _asked(nvml: ctypes.CDLL) -> tuple[Gpu, ...]:
    import ctypes

    if nvml.nvmlInit_v2() != 0:  # the library without a working driver
        return ()
    try:
        count = ctypes.c_uint()
        if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
            return ()
        return tuple(gpu for index in range(count.value) if (gpu := _gpu(nvml, index)) is not None)
    finally:
        nvml.nvmlShutdown()


def _gpu(nvml: ctypes.CDLL, index: int) -> Gpu | None:
    import ctypes

    handle, major, minor = ctypes.c_void_p(), ctypes.c_int(), ctypes.c_int()
    if nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(index), ctypes.byref(handle)) != 0:
        return None
    if nvml.nvmlDeviceGetCudaComputeCapability(handle, ctypes.byref(major), ctypes.byref(minor)) != 0:
        return None
    name = ctypes.create_string_buffer(_NAME_BYTES)
    known = nvml.nvmlDeviceGetName(handle, name, ctypes.c_uint(_NAME_BYTES)) == 0
    return Gpu((major.value, minor.value), name.value.decode(errors="replace") if known else "")
