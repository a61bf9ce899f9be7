"""The 2.2 autoencoder (TI2V-5B): the reference's keys in `AutoencoderKLWan(is_residual=True)`."""

from __future__ import annotations

import re

from wan.convert.keys import VAE_RESIDUAL, translate, vae_key


def vae22_key(key: str, num_res_blocks: int = 2) -> str:
    """A key of the reference's 2.2 autoencoder in diffusers. Raises `CheckpointError` for a strange key.

    Its levels are modules of their own in both: `num_res_blocks` residual blocks when downsampling, one more when
    upsampling, and after them the resampling, which the last level lacks.
    """
    level = re.fullmatch(r"(en|de)coder\.(down|up)samples\.(\d+)\.\2samples\.(\d+)\.(.+)", key)
    if level is None:
        return vae_key(key, num_res_blocks)
    half, way, number, place, rest = level[1], level[2], level[3], int(level[4]), level[5]
    blocks = num_res_blocks + (way == "up")
    kind = f"resnets.{place}" if place < blocks else f"{way}sampler"
    return translate(f"{half}coder.{way}_blocks.{number}.{kind}.{rest}", VAE_RESIDUAL)
