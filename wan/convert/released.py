"""What the released WAN 2.2 checkpoints say beside their weights: index, scheduler, statistics. No torch.

Numbers are the reference's (Wan-Video/Wan2.2, commit 42bf4cf). Those of one variant are in its folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from wan.variants import VARIANTS

HEAD_DIM = 128
"""Channels of one attention head in every released transformer."""

CLIP_HEAD_DIM = 80
"""The same for the picture half of CLIP ViT-H/14."""


def components(variant: str) -> tuple[str, ...]:
    """The component folders a whole checkpoint of that variant has."""
    return tuple(VARIANTS[variant].components)


def model_index(variant: str) -> dict[str, Any]:
    """`model_index.json`: the pipeline, its parts, and the noise from which on the high-noise expert works."""
    row = VARIANTS[variant]
    index: dict[str, Any] = {"_class_name": row.pipeline, "_diffusers_version": "0.35.0", **row.pipeline_config}
    if row.experts == 2:
        index["boundary_ratio"] = row.sampling.boundary_ratio
    for name, kind in row.components.items():
        index[name] = [kind.library, kind.class_name or "T5TokenizerFast"]
    if "transformer_2" not in row.components:
        index["transformer_2"] = [None, None]
    if "image_encoder" in row.components:
        index["image_processor"] = ["transformers", "CLIPImageProcessor"]
    index["scheduler"] = ["diffusers", "UniPCMultistepScheduler"]
    return dict(sorted(index.items()))


def scheduler(variant: str) -> dict[str, Any]:
    """The configuration of diffusers' solver, with the shift that the reference samples this variant with.

    Published conversions say 3.0 for T2V- and I2V-A14B; the reference uses 12 and 5, and the picture differs. wanflow
    reads its own table and not this file; it is right for those who load the folder into diffusers.
    """
    return {
        "_class_name": "UniPCMultistepScheduler",
        "_diffusers_version": "0.35.0",
        "num_train_timesteps": 1000,
        "prediction_type": "flow_prediction",
        "predict_x0": True,
        "solver_order": 2,
        "solver_type": "bh2",
        "lower_order_final": True,
        "final_sigmas_type": "zero",
        "timestep_spacing": "linspace",
        "use_flow_sigmas": True,
        "flow_shift": VARIANTS[variant].sampling.flow_shift,
    }


IMAGE_PROCESSOR: Mapping[str, Any] = MappingProxyType(
    {
        "image_processor_type": "CLIPImageProcessor",
        "do_resize": True,
        "size": {"height": 224, "width": 224},
        "do_center_crop": False,
        "resample": 3,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "do_convert_rgb": True,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
    }
)
"""How the reference prepares CLIP's picture, as far as this format can say it (it resizes without antialiasing)."""

VAE21_MEAN = (
    *(-0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508),
    *(0.4134, -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921),
)
VAE21_STD = (
    *(2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743),
    *(3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160),
)
VAE22_MEAN = (
    *(-0.2289, -0.0052, -0.1323, -0.2339, -0.2799, 0.0174, 0.1838, 0.1557),
    *(-0.1382, 0.0542, 0.2813, 0.0891, 0.1570, -0.0098, 0.0375, -0.1825),
    *(-0.2246, -0.1207, -0.0698, 0.5109, 0.2665, -0.2108, -0.2158, 0.2502),
    *(-0.2055, -0.0322, 0.1109, 0.1567, -0.0729, 0.0899, -0.2799, -0.1230),
    *(-0.0313, -0.1649, 0.0117, 0.0723, -0.2839, -0.2083, -0.0520, 0.3748),
    *(0.0152, 0.1957, 0.1433, -0.2944, 0.3573, -0.0548, -0.1681, -0.0667),
)
VAE22_STD = (
    *(0.4765, 1.0364, 0.4514, 1.1677, 0.5313, 0.4990, 0.4818, 0.5013),
    *(0.8158, 1.0344, 0.5894, 1.0901, 0.6885, 0.6165, 0.8454, 0.4978),
    *(0.5759, 0.3523, 0.7135, 0.6804, 0.5833, 1.4146, 0.8986, 0.5659),
    *(0.7069, 0.5338, 0.4889, 0.4917, 0.4069, 0.4999, 0.6866, 0.4093),
    *(0.5709, 0.6065, 0.6415, 0.4944, 0.5726, 1.2042, 0.5458, 1.6887),
    *(0.3971, 1.0600, 0.3943, 0.5537, 0.5444, 0.4089, 0.7468, 0.7744),
)
