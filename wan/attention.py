"""The attention kernels that `Numerics.attention` can name, and what each needs. No torch: planning reads this table.

Names are those of diffusers' registry (`diffusers.models.attention_dispatch`), and `sdpa`, which is torch's own choice.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SDPA = "sdpa"


@dataclass(frozen=True, slots=True)
class Kernel:
    """What a kernel needs: a module that can be imported, installed as `package`; an NVIDIA (or AMD) GPU."""

    module: str | None = None
    package: str = ""
    gpu: bool = True


_FLASH = Kernel("flash_attn", "flash-attn>=2.6.3")
_FLASH_3 = Kernel("flash_attn_3", "flash-attn 3, built from its source")
_HUB = Kernel("kernels", "kernels>=0.12.3")
_SAGE = Kernel("sageattention", "sageattention>=2.1.1")

KERNELS: Mapping[str, Kernel] = MappingProxyType(
    {
        SDPA: Kernel(gpu=False),
        "native": Kernel(gpu=False),
        "flex": Kernel(gpu=False),
        "_native_math": Kernel(gpu=False),
        "_native_flash": Kernel(gpu=False),
        "_native_cudnn": Kernel(),
        "_native_efficient": Kernel(),
        "_native_npu": Kernel("torch_npu", "torch_npu", gpu=False),
        "_native_xla": Kernel("torch_xla", "torch_xla", gpu=False),
        "flash": _FLASH,
        "flash_varlen": _FLASH,
        "_flash_3": _FLASH_3,
        "_flash_varlen_3": _FLASH_3,
        "flash_hub": _HUB,
        "flash_varlen_hub": _HUB,
        "flash_4_hub": _HUB,
        "_flash_3_hub": _HUB,
        "_flash_3_varlen_hub": _HUB,
        "aiter_fa2_hub": _HUB,
        "sage_hub": _HUB,
        "sage_blackwell_hub": _HUB,
        "sage": _SAGE,
        "sage_varlen": _SAGE,
        "_sage_qk_int8_pv_fp8_cuda": _SAGE,
        "_sage_qk_int8_pv_fp8_cuda_sm90": _SAGE,
        "_sage_qk_int8_pv_fp16_cuda": _SAGE,
        "_sage_qk_int8_pv_fp16_triton": _SAGE,
        "xformers": Kernel("xformers", "xformers>=0.0.29"),
    }
)


def lacking(name: str, *, gpu: bool) -> str | None:
    """What this machine lacks for the kernel, in words; None when nothing is seen to be missing. `gpu`: it has one.

    Only looks whether a module is there: whether it is new enough is found when it is used.
    """
    kernel = KERNELS[name]
    if kernel.gpu and not gpu:
        return "a GPU"
    if kernel.module is not None and importlib.util.find_spec(kernel.module) is None:
        return f"the package {kernel.package}"
    return None
