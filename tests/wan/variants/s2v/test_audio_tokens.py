from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from wan.variants.s2v.audio_tokens import CausalAudioEncoder, CausalConv


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def encoder() -> CausalAudioEncoder:
    torch.manual_seed(0)
    return CausalAudioEncoder(6, 3, 8, 2).eval()


@pytest.mark.parametrize(("features", "frames"), [(16, 4), (17, 5), (1, 1)])
def test_four_frames_share_their_tokens(features: int, frames: int) -> None:
    whole, local = encoder()(torch.randn(1, 3, 6, features))
    assert whole.shape == (1, frames, 1, 8)
    assert local.shape == (1, frames, 2 + 1, 8)  # one more is padding


def test_nothing_is_heard_before_it_sounds() -> None:
    model, sound = encoder(), torch.randn(1, 3, 6, 16)
    later = sound.clone()
    later[..., 9:] += 1
    for before, after in zip(model(sound), model(later), strict=True):
        same = (before == after).flatten(2).all(dim=-1)[0]
        assert same.tolist() == [True, True, True, False]


def test_before_the_beginning_the_first_frame_is_repeated() -> None:
    convolution = CausalConv(1, 1)
    convolution.conv.weight.fill_(1)
    convolution.conv.bias.zero_()  # type: ignore[union-attr]
    assert convolution(torch.tensor([[[2.0, 3.0, 5.0]]])).tolist() == [[[6.0, 7.0, 10.0]]]


def test_how_loud_all_layers_are_weighted_does_not_matter() -> None:
    model, sound = encoder(), torch.randn(1, 3, 6, 8)
    even = model(sound)
    model.weights.fill_(5.0)
    for one, other in zip(model(sound), even, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parity
def test_sound_becomes_the_references_tokens(parity: Any, reference: Any) -> None:
    data = parity["s2v_model"]
    sound = reference.sound(data.tensors["in.audio_input"])
    assert data.error("out.audio_tokens_local", sound.local) <= 1e-4
    assert data.error("out.audio_tokens_global", sound.whole) <= 1e-4
