from __future__ import annotations

from typing import Any

import pytest
import torch

from wan.convert.targets import Target
from wan.errors import CheckpointError
from wan.variants.animate.keys import animate_targets


def test_blur_kernels_are_constants_that_diffusers_builds_itself() -> None:
    assert animate_targets("motion_encoder.enc.net_app.convs.3.conv2.0.kernel") == ()


def test_keys_and_values_of_a_face_block_part() -> None:
    assert animate_targets("face_adapter.fuser_blocks.2.linear1_kv.bias") == (
        Target("face_adapter.2.to_k.bias", 0, 2),
        Target("face_adapter.2.to_v.bias", 1, 2),
    )


@pytest.mark.parametrize(
    "key", ["motion_encoder.enc.net_app.convs.0.7.weight", "motion_encoder.enc.net_app.convs.1.odd", "face_encoder.x"]
)
def test_a_strange_key_is_an_error(key: str) -> None:
    with pytest.raises(CheckpointError, match="not a weight"):
        animate_targets(key)


@pytest.mark.parity
def test_the_reference_weights_compute_the_same_in_diffusers(parity: Any) -> None:
    data = parity["animate_model"]
    model = parity.animate()
    tensors = data.tensors
    faces = tensors["in.face_u8_lowres"].permute(3, 0, 1, 2).float()
    wider = data.config["face_upscale"]
    faces = faces.repeat_interleave(wider, 2).repeat_interleave(wider, 3)[None] / 127.5 - 1
    context = torch.zeros(1, 512, tensors["in.context"].shape[1])
    context[0, : tensors["in.context"].shape[0]] = tensors["in.context"]
    with torch.inference_mode():
        for step in data.config["timesteps"]:
            out = model(
                hidden_states=torch.cat([tensors["in.x"], tensors["in.y"]])[None],
                timestep=torch.tensor([step]),
                encoder_hidden_states=context,
                encoder_hidden_states_image=tensors["in.clip_fea"],
                pose_hidden_states=tensors["in.pose_latents"],
                face_pixel_values=faces,
            ).sample
            assert data.error(f"out.t{step}", out[0]) < 2e-3
