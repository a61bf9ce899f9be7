from __future__ import annotations

from typing import Any

import pytest
import torch

from wan.variants.s2v.rotary import motion_positions, picture_positions, rotary, video_positions


@pytest.fixture(scope="module")
def data(parity: Any) -> Any:
    return parity["s2v_model"]


@pytest.mark.parity
def test_tokens_stand_where_the_references_do(reference: Any, data: Any) -> None:
    cosines, sines = reference.rotary(*data.config["latent"], with_motion=True)
    found = torch.stack([cosines[0, :, 0, 0::2], sines[0, :, 0, 0::2]], dim=-1)
    assert data.error("out.full_rope", found) <= 1e-6
    packed = len(data.tensors["out.framepack_rope"])
    assert data.error("out.framepack_rope", found[-packed:]) <= 1e-6


def test_frames_count_from_zero_and_the_picture_stands_far_ahead() -> None:
    assert video_positions(2, 1, 2).tolist() == [[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1]]
    assert picture_positions(1, 2).tolist() == [[30, 0, 0], [30, 0, 1]]


def test_the_clip_before_stands_at_negative_times_coarser_the_older_it_is() -> None:
    found = motion_positions((1, 2, 16), 4, 4)
    assert found[:16, 0].tolist() == [-1] * 16
    assert found[16:20].tolist() == [[-3, 0, 0], [-3, 0, 3], [-3, 3, 0], [-3, 3, 3]]
    assert len(found) == 16 + 4 + 4
    assert int(found[:, 0].min()) == -19


def test_every_angle_stands_twice_and_turns_nothing_at_the_origin() -> None:
    cosines, sines = rotary(torch.zeros(3, 3, dtype=torch.int64), 12)
    assert cosines.shape == sines.shape == (1, 3, 1, 12)
    assert bool((cosines == 1).all())
    assert not bool(sines.any())
    cosines, _ = rotary(torch.tensor([[5, 2, 7]]), 12)
    assert torch.equal(cosines[..., 0::2], cosines[..., 1::2])
