from __future__ import annotations

import pytest
import torch

from wan.pipeline import Pipeline
from wan.variants.i2v.condition import image_condition, known_frames_mask


def test_the_mask_marks_the_first_frame_in_all_four_channels() -> None:
    mask = known_frames_mask(9, with_last=False)[0, :, :, 0, 0]
    assert mask.tolist() == [[1, 0, 0]] * 4


def test_a_last_frame_is_marked_in_the_last_channel_only() -> None:
    mask = known_frames_mask(9, with_last=True)[0, :, :, 0, 0]
    assert mask.tolist() == [[1, 0, 0], [1, 0, 0], [1, 0, 0], [1, 0, 1]]


@pytest.mark.parametrize("with_last", [False, True])
def test_the_condition_is_that_of_diffusers(i2v: Pipeline, with_last: bool) -> None:
    from diffusers import UniPCMultistepScheduler, WanImageToVideoPipeline

    torch.manual_seed(0)
    first = torch.rand(3, 1, 32, 48) * 2 - 1
    last = torch.rand(3, 1, 32, 48) * 2 - 1 if with_last else None
    reference = WanImageToVideoPipeline(
        tokenizer=None,
        text_encoder=None,
        vae=i2v.parts.parts["vae"].model,
        scheduler=UniPCMultistepScheduler(),
        transformer=i2v.parts.parts["transformer"].model,
    )
    with torch.inference_mode():
        found = image_condition(i2v.parts.parts["vae"], first, last, 9)
        _, wanted = reference.prepare_latents(
            first[:, 0][None],
            1,
            height=32,
            width=48,
            num_frames=9,
            dtype=torch.float32,
            device=torch.device("cpu"),
            last_image=None if last is None else last[:, 0][None],
        )
    assert found.shape == wanted.shape == (1, 20, 3, 4, 6)
    assert torch.allclose(found, wanted, atol=1e-5)
