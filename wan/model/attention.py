"""The attention kernels that `Numerics.attention` can name, what each needs and computes. No torch: plans read this.

Names are those of diffusers' registry (`diffusers.models.attention_dispatch`), and two more: `auto`, the quickest exact
one of the machine that renders (`wan.model.exact_attention`), and `sdpa`, which is torch's own choice.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

AUTO, SDPA, NATIVE = "auto", "sdpa", "native"
CUDNN, FLASH_3 = "_native_cudnn", "_flash_3"
FLASH_3_MODULE, FLASH_3_PACKAGE = "flash_attn_interface", "tokenspeed-fa3"


@dataclass(frozen=True, slots=True)
class Kernel:
    """What a kernel needs: a module that can be imported, installed as `package`; an NVIDIA (or AMD) GPU. `exact`: it
    computes attention itself, not something close to it in fewer bits."""

    module: str | None = None
    package: str = ""
    gpu: bool = True
    exact: bool = True


_FLASH = Kernel("flash_attn", "flash-attn>=2.6.3")
_FLASH_3 = Kernel(FLASH_3_MODULE, f"{FLASH_3_PACKAGE} (pip install 'wanflow[hopper]')")
_HUB = Kernel("kernels", "kernels>=0.12.3")
_SAGE = Kernel("sageattention", "sageattention>=2.1.1", exact=False)
_SAGE_HUB = Kernel("kernels", "kernels>=0.12.3", exact=False)

KERNELS: Mapping[str, Kernel] = MappingProxyType(
    {
        AUTO: Kernel(gpu=False),
        SDPA: Kernel(gpu=False),
        NATIVE: Kernel(gpu=False),
        "flex": Kernel(gpu=False),
        "_native_math": Kernel(gpu=False),
        "_native_flash": Kernel(gpu=False),
        CUDNN: Kernel(),
        "_native_efficient": Kernel(),
        "_native_npu": Kernel("torch_npu", "torch_npu", gpu=False),
        "_native_xla": Kernel("torch_xla", "torch_xla", gpu=False),
        "flash": _FLASH,
        "flash_varlen": _FLASH,
        FLASH_3: _FLASH_3,
        "_flash_varlen_3": _FLASH_3,
        "flash_hub": _HUB,
        "flash_varlen_hub": _HUB,
        "flash_4_hub": _HUB,
        "_flash_3_hub": _HUB,
        "_flash_3_varlen_hub": _HUB,
        "aiter_fa2_hub": _HUB,
        "sage_hub": _SAGE_HUB,
        "sage_blackwell_hub": _SAGE_HUB,
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


def computed(name: str) -> str:
    """What a kernel computes, as one name for all that compute the same: exact attention is `sdpa`, the name it always
    had in fingerprints."""
    kernel = KERNELS.get(name)
    return SDPA if kernel is not None and kernel.exact else name
