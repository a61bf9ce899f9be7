from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl_wan import unpatchify

from wan.convert.vae22 import vae22_key
from wan.errors import CheckpointError


def test_the_last_place_of_a_level_is_its_resampling() -> None:
    assert vae22_key("encoder.downsamples.1.downsamples.2.time_conv.bias") == (
        "encoder.down_blocks.1.downsampler.time_conv.bias"
    )
    assert vae22_key("decoder.upsamples.0.upsamples.2.residual.2.bias") == "decoder.up_blocks.0.resnets.2.conv1.bias"
    assert vae22_key("decoder.upsamples.0.upsamples.3.resample.1.bias") == (
        "decoder.up_blocks.0.upsampler.resample.1.bias"
    )


def test_a_strange_key_is_an_error() -> None:
    with pytest.raises(CheckpointError, match="not a weight"):
        vae22_key("optimizer.step")


@pytest.mark.parity
def test_the_reference_weights_compute_the_same_in_diffusers(parity: Any) -> None:
    data = parity["vae22"]
    model = parity.vae22()
    mean, std = (data.tensors[f"in.latents_{name}"].view(1, -1, 1, 1, 1) for name in ("mean", "std"))
    video = data.tensors["in.video_u8"].permute(3, 0, 1, 2).float()[None] / 127.5 - 1
    with torch.inference_mode():
        raw = model.encode(video).latent_dist.mode()
        assert data.error("out.encoded_raw_mean", raw[0]) < 1e-4
        assert data.error("out.encoded", ((raw - mean) / std)[0]) < 1e-4
        first = model.encode(video[:, :, :1]).latent_dist.mode()
        assert data.error("out.encoded_first_frame", ((first - mean) / std)[0]) < 1e-4
        pieces: list[torch.Tensor] = []
        listening = model.decoder.register_forward_hook(lambda *found: pieces.append(found[-1]))
        frames = model.decode(data.tensors["in.latent"][None] * std + mean).sample[0]
        listening.remove()
        at = data.tensors["out.decoded_frame_index"]
        assert data.error("out.decoded_frames", frames[:, at].clamp(-1, 1)) < 1e-4
        unclamped = unpatchify(torch.cat(pieces, dim=2), patch_size=2)[0]
        assert data.error("out.decoded_unclamped_frames", unclamped[:, at]) < 1e-4
