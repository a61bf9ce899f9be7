"""What a GPU computes with fp16 factors, on a processor: the products of what was rounded are summed in fp32."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKLWan
from torch import Tensor

from wan.model import vae_convolutions
from wan.model.vae import Vae
from wan.model.vae_convolutions import convolve_flat

SMALL = {"base_dim": 8, "dim_mult": [1, 2, 4, 4], "num_res_blocks": 1}
SMALL_22 = {
    "z_dim": 8, "is_residual": True, "in_channels": 12, "out_channels": 12, "patch_size": 2, "scale_factor_spatial": 16,
    "latents_mean": [0.1] * 8, "latents_std": [2.0] * 8, "temperal_downsample": [False, True, True],
}  # fmt: skip
KINDS = pytest.mark.parametrize("more", [{}, SMALL_22], ids=["2.1", "2.2"])
ROUNDING = 3e-3
"""Of the norm: factors have 11 bits, each half a bit wrong, and a dozen layers stand one behind the other."""


@pytest.fixture(autouse=True)
def _no_gradients() -> Any:
    with torch.inference_mode():
        yield


@pytest.fixture(autouse=True)
def _summed_in_fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a GPU; a processor's own convolutions of fp16 round between the sums, and take long."""
    for name in ("conv2d", "conv3d"):
        plain = getattr(F, name)

        def convolve(given: Tensor, weight: Tensor, bias: Tensor, *rest: Any, plain: Any = plain, **named: Any) -> Any:
            if given.dtype != torch.float16:
                return plain(given, weight, bias, *rest, **named)
            return plain(given.float(), weight.float(), bias.float(), *rest, **named).half()

        monkeypatch.setattr(F, name, convolve)


def _vae(more: dict[str, Any], piece_bytes: int | None = None) -> Vae:
    torch.manual_seed(0)
    return Vae(AutoencoderKLWan(**{**SMALL, **more}), piece_bytes=piece_bytes)


def _given(vae: Vae) -> tuple[Tensor, Tensor]:
    """Latents of four frames and a video of thirteen."""
    torch.manual_seed(1)
    channels, stride = vae.model.config.z_dim, vae.model.config.scale_factor_spatial
    return torch.randn(1, channels, 4, 32 // stride, 48 // stride), torch.rand(1, 3, 13, 32, 48) * 2 - 1


def _error(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).norm() / wanted.norm())


@KINDS
def test_fp16_factors_are_rounded_and_nothing_else(more: dict[str, Any]) -> None:
    vae = _vae(more)
    latents, video = _given(vae)
    for function, given in ((vae._decode, latents), (vae._encode, video)):
        wanted, found = function(given, False), function(given, True)
        assert found.dtype == torch.float32
        assert found.shape == wanted.shape
        assert 0 < _error(found, wanted) < ROUNDING


@KINDS
def test_in_pieces_it_is_as_exact_as_at_once(more: dict[str, Any]) -> None:
    """Not the same bits: what fp32 sums in another order may be rounded to the next number."""
    whole, pieces = _vae(more), _vae(more, piece_bytes=1)
    latents, video = _given(whole)
    assert _error(pieces._decode(latents, True), whole._decode(latents, False)) < ROUNDING
    assert _error(pieces._encode(video, True), whole._encode(video, False)) < ROUNDING


@KINDS
def test_flat_convolutions_are_as_exact_as_whole_ones(more: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    vae = _vae(more)
    latents, _ = _given(vae)
    exact, flat = vae._decode(latents, False), vae._decode(latents, True)
    monkeypatch.setattr(vae_convolutions, "_NARROW", 0)
    whole = vae._decode(latents, True)
    assert _error(flat, exact) == pytest.approx(_error(whole, exact), rel=0.2)


@pytest.mark.parametrize("length", [1, 3])
def test_a_flat_convolution_is_the_whole_one(length: int) -> None:
    torch.manual_seed(0)
    given = torch.randn(2, 5, 6, 7, 9).contiguous(memory_format=torch.channels_last_3d)
    weight, bias = torch.randn(4, 5, length, 3, 3), torch.randn(4)
    found, wanted = convolve_flat(given, weight, bias, (1, 1)), F.conv3d(given, weight, bias, padding=(0, 1, 1))
    assert torch.allclose(found, wanted, atol=1e-5)
    assert found.is_contiguous(memory_format=torch.channels_last_3d)
    halves = (given.half(), weight.half(), bias.half())
    rounded = F.conv3d(halves[0].float(), halves[1].float(), halves[2].float(), padding=(0, 1, 1))
    assert _error(convolve_flat(*halves, (1, 1)).float(), rounded) < 5e-4


def test_only_narrow_ones_are_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    flat: list[int] = []

    def seen(joined: Tensor, weight: Tensor, *rest: Any) -> Tensor:
        flat.append(weight.shape[1])
        return convolve_flat(joined, weight, *rest)

    monkeypatch.setattr(vae_convolutions, "convolve_flat", seen)
    monkeypatch.setattr(vae_convolutions, "_NARROW", 8)
    vae = _vae({})
    latents, _ = _given(vae)
    vae._decode(latents, False)
    assert flat == [], "fp32 is not"
    vae._decode(latents, True)
    assert set(flat) == {8}


class _OnGpu(Tensor):
    """Says that it is on a GPU."""

    @property
    def is_cuda(self) -> bool:  # type: ignore[override]
        return True


def test_what_is_too_large_for_fp16_is_computed_again_without() -> None:
    vae = _vae({})
    vae._rounded = True
    asked: list[bool] = []

    def function(given: Tensor, half: bool) -> Tensor:
        asked.append(half)
        return torch.full((2,), float("inf") if half and given.sum() > 1 else 1.0)

    small, large = (torch.ones(n).as_subclass(_OnGpu) for n in (1, 2))
    assert vae._finite(function, large).isfinite().all()
    assert asked == [True, False]
    vae._finite(function, small)
    assert asked == [True, False, True]
    vae._finite(function, torch.ones(2))
    assert asked == [True, False, True, False], "a processor rounds nothing"
