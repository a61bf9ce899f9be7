from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from wan.pipeline import Pipeline
from wan.request import ClipRequest


@pytest.fixture
def asked(text_request: ClipRequest, picture: Any) -> ClipRequest:
    return replace(text_request, image=picture)


def test_the_picture_is_joined_to_the_noise_channel_by_channel(i2v: Pipeline, asked: ClipRequest) -> None:
    conditions = i2v.encode(asked).conditions
    image = conditions["image"]
    assert image.shape[1] == 4 + 16
    assert image.shape[2:] == i2v.encode(asked).latents.shape[2:]
    seen: list[torch.Tensor] = []

    class Model:
        def velocities(self, inputs: torch.Tensor, timestep: float, context: object) -> list[torch.Tensor]:
            seen.append(inputs)
            return []

    latents = torch.randn(1, 16, *image.shape[2:])
    i2v.method.ask(Model(), latents, 900, None, conditions)
    assert torch.equal(seen[0], torch.cat([latents, image], dim=1))


def test_a_last_picture_changes_the_condition_at_its_end_alone(i2v: Pipeline, asked: ClipRequest, picture: Any) -> None:
    first, both = (i2v.encode(each).conditions["image"] for each in (asked, replace(asked, last_image=picture)))
    assert torch.equal(first[:, :4, 0], both[:, :4, 0])
    assert not torch.equal(first[:, :4, -1], both[:, :4, -1])
