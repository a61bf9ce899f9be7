"""Exact attention by the quickest kernel that is here: what `attention=auto` computes with.

softmax(Q·Kᵀ / √D)·V of bf16 or fp16 factors, summed in fp32. The kernels differ in the order of their sums, and so in
bits, not in how far they are from the truth: 1.7e-3 of the norm each, in bf16 (docs/memory.md). Which one it is goes by
the GPU, by what is installed, and by shapes, never by how busy or full the machine is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from wan.model.attention import CUDNN, FLASH_3, SDPA
from wan.request import Precision

_HALF = (torch.bfloat16, torch.float16)
_HOPPER, _BLACKWELL = 9, 10
_LONG = 2048
"""Queries and keys from which FlashAttention-3 is asked. Measured on an H200: 7 % slower than cuDNN at 1,560, 8 %
quicker at 3,510. Over the 512 keys of a prompt and the 5 of a sound both take the same; over the 257 of a picture less
than a thousandth of a step would be gained."""
_RELEASED_HEAD = 128
_BY_PREFERENCE = [
    SDPBackend.CUDNN_ATTENTION,
    SDPBackend.FLASH_ATTENTION,
    SDPBackend.EFFICIENT_ATTENTION,
    SDPBackend.MATH,
]
_log = logging.getLogger(__name__)


def exact_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention without mask, `[B, N, heads, D]` over `[B, L, heads, D]` twice → `[B, N, heads, D]`."""
    if not query.is_cuda:
        return by_torch(query, key, value)
    mixed: Tensor = attend_on_gpu(query, key, value)
    return mixed


@torch.library.custom_op("wan::exact_attention", mutates_args=())
def attend_on_gpu(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """`exact_attention`; torch.compile does not look into it, so that it may choose when it runs."""
    capability = torch.cuda.get_device_capability(query.device) if query.is_cuda else (0, 0)
    tokens = min(query.shape[1], key.shape[1])
    chosen = kernel_for(capability, query.dtype, query.shape[-1], tokens, flash_3=find_flash_3() is not None)
    if chosen == FLASH_3:
        return _by_flash_3(query, key, value)
    if chosen == CUDNN:
        with sdpa_kernel(_BY_PREFERENCE, set_priority=True):
            return by_torch(query, key, value).contiguous()
    return by_torch(query, key, value).contiguous()


@torch.library.custom_op("wan::flash_attention_3", mutates_args=())
def attend_by_flash_3(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """`exact_attention` by FlashAttention-3, whatever the shapes."""
    return _by_flash_3(query, key, value)


@attend_by_flash_3.register_fake
@attend_on_gpu.register_fake
def _like(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return query.new_empty(*query.shape[:-1], value.shape[-1])


def kernel_for(capability: tuple[int, int], dtype: torch.dtype, head_dim: int, tokens: int, *, flash_3: bool) -> str:
    """The name (`wan.model.attention`) of the quickest exact kernel of a GPU of that capability, (0, 0) for a CPU.

    `tokens`: queries or keys, whichever are fewer. `flash_3`: it is installed. As measured on an H200
    (docs/benchmarks.md).
    """
    if dtype not in _HALF:
        return SDPA
    if flash_3 and capability[0] == _HOPPER and head_dim in (64, 128) and tokens >= _LONG:
        return FLASH_3
    if capability[0] in (_HOPPER, _BLACKWELL) and head_dim % 8 == 0 and head_dim <= 128:
        return CUDNN
    return SDPA


def kernel_in(precision: Precision, device: torch.device) -> str:
    """The kernel that a released model's attention to itself is computed with there, by name. FlashAttention-3 only in
    the precisions that `wan.model.blocks` computes: diffusers does not find it under the name of its package."""
    own = precision not in ("fp32", "bf16")
    dtype = torch.float32 if precision == "fp32" else torch.bfloat16
    capability = torch.cuda.get_device_capability(device) if device.type == "cuda" else (0, 0)
    return kernel_for(capability, dtype, _RELEASED_HEAD, _LONG, flash_3=own and find_flash_3() is not None)


def by_torch(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """PyTorch's attention over `[B, N, heads, D]`, by the kernel that it chooses."""
    mixed = F.scaled_dot_product_attention(query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2))
    return mixed.transpose(1, 2)


@cache
def find_flash_3() -> Callable[..., Any] | None:
    """FlashAttention-3's function; None where it is not installed, or was built for another torch (then it says so)."""
    try:
        from flash_attn_interface import flash_attn_func
    except ModuleNotFoundError:
        return None
    except (ImportError, OSError, RuntimeError) as error:
        _log.warning("FlashAttention-3 is installed but cannot be loaded: %s", str(error).splitlines()[0])
        return None
    kernel: Callable[..., Any] = flash_attn_func
    return kernel


def _by_flash_3(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    function = find_flash_3()
    assert function is not None
    attended = function(query, key, value)
    mixed: Tensor = (
        attended[0] if isinstance(attended, tuple) else attended
    )  # earlier builds give the sums' logarithms too
    return mixed
