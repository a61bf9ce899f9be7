from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from wan.variants.s2v.injector import AudioInjector, GlobalModulation


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def injector() -> AudioInjector:
    torch.manual_seed(0)
    return AudioInjector(12, 2, (0, 3), 1e-6).eval()


def given() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens of 3 frames of 4, and the sound of each frame."""
    torch.manual_seed(1)
    return torch.randn(1, 12, 12), torch.randn(1, 3, 1, 12), torch.randn(1, 3, 2, 12)


@pytest.mark.parametrize("sound", ["whole", "local"])
def test_a_frame_hears_its_own_sound_alone(sound: str) -> None:
    model, (tokens, whole, local) = injector(), given()
    before = model(tokens, 3, whole, local)
    (whole if sound == "whole" else local)[:, 1] += 1
    changed = (model(tokens, 3, whole, local) != before).flatten(2).any(dim=-1)[0]
    assert changed.view(3, 4).any(dim=1).tolist() == [False, True, False]


def test_blocks_have_their_own_ears() -> None:
    model, (tokens, whole, local) = injector(), given()
    assert model.number == {0: 0, 3: 1}
    assert not torch.allclose(model(tokens, 0, whole, local), model(tokens, 3, whole, local))


def test_fp32_tokens_hear_in_bf16_nearly_the_same() -> None:
    model, (tokens, whole, local) = injector(), given()
    exact = model(tokens, 0, whole, local)
    found = model.to(torch.bfloat16)(tokens, 0, whole.bfloat16(), local.bfloat16())
    assert float((found.float() - exact).norm() / exact.norm()) < 0.05


def test_the_modulation_is_made_of_the_frames_sound() -> None:
    model = GlobalModulation(4)
    model.linear.weight.zero_()
    model.linear.bias.copy_(torch.tensor([1.0] * 4 + [2.0] * 4))
    tokens = torch.randn(2, 3, 4)
    found = model(tokens, torch.zeros(2, 4))
    assert torch.allclose(found, torch.nn.functional.layer_norm(tokens, (4,)) * 3 + 1, atol=1e-5)
