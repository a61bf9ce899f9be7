"""How large the models of a variant are, and what a clip costs them: numbers alone, read by whoever plans."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

PATCH = 2
"""Latents a token is wide and high, in every released transformer."""
FRAMES_A_LATENT = 4
"""Frames that one latent frame stands for, in both autoencoders; the first frame has one to itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformer:
    """One expert as it is released.

    `dim` and `ffn_dim` are channels. `own_blocks` are blocks beside its `layers` (VACE's control). `step` is what a
    step takes of the device beside the weights, as a multiple of what the plain transformer takes. Beside the clip's
    own tokens it is shown as many as `more_frames` latent frames have, and of a clip that goes on from another one
    `more_following_frames` besides.
    """

    parameters: float
    in_channels: int
    dim: int = 5120
    ffn_dim: int = 13824
    layers: int = 40
    out_channels: int = 16
    own_blocks: int = 0
    step: float = 1.0
    more_frames: float = 0.0
    more_following_frames: float = 0.0

    @property
    def blocks(self) -> int:
        """All of them."""
        return self.layers + self.own_blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoencoder:
    """One of the two autoencoders.

    A latent has `channels` and stands for `pixels` × `pixels`. `widest` are the channels of the decoder's widest layer.
    Decoding a long video takes `decode_bytes` a pixel of the frame, one latent frame at a time; `decode_fp32_bytes`
    where no factor is rounded. `comfyui_file` is its name among ComfyUI's repackaged files.
    """

    channels: int
    pixels: int
    nbytes: float
    widest: int
    decode_bytes: float
    decode_fp32_bytes: float
    comfyui_file: str


VAE21 = Autoencoder(
    channels=16,
    pixels=8,
    nbytes=0.51e9,
    widest=96,
    decode_bytes=17.6e3,
    decode_fp32_bytes=20.7e3,
    comfyui_file="wan_2.1_vae.safetensors",
)
VAE22 = Autoencoder(
    channels=48,
    pixels=16,
    nbytes=2.8e9,
    widest=256,
    decode_bytes=14.1e3,
    decode_fp32_bytes=20.4e3,
    comfyui_file="wan2.2_vae.safetensors",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """The frames that go through the autoencoder for a clip, beside its own, which are decoded.

    `encoded` once a clip, `encoded_per_frame` for each of its frames, one more for each when the clip is given the
    video `with_video`. `decoded` before the first clip of a shot, `decoded_following` before those that go on.
    """

    encoded: int = 0
    encoded_per_frame: int = 0
    with_video: str = ""
    decoded: int = 0
    decoded_following: int = 0

    def frames(self, num_frames: int, videos: Collection[str], *, follows: bool) -> tuple[int, int]:
        """(decoded, encoded) of a clip of `num_frames` that is given these videos."""
        each = self.encoded_per_frame + (self.with_video in videos)
        return num_frames + (self.decoded_following if follows else self.decoded), self.encoded + each * num_frames
