"""Sounds of any rate become sounds of another one, without a shift and without what is too high for it."""

from __future__ import annotations

import math

import pytest
import torch

from wan.variants.s2v.resample import resample


def tone(hertz: float, rate: int, seconds: float = 0.5) -> torch.Tensor:
    times = torch.arange(int(rate * seconds), dtype=torch.float64) / rate
    return torch.sin(2 * math.pi * hertz * times).float()


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 24_000, 44_100, 44_101, 48_000, 96_000, 192_000])
def test_a_tone_stays_the_same_tone(rate: int) -> None:
    found, wanted = resample(tone(1000, rate), rate, 16_000), tone(1000, 16_000)
    assert len(found) == math.ceil(int(rate * 0.5) * 16_000 / rate)
    inner = slice(200, 7800)  # the sound begins and ends at once, which no filter keeps
    assert (found[inner] - wanted[inner]).abs().max() < 2e-5


def test_what_the_new_rate_cannot_hold_is_gone() -> None:
    assert resample(tone(9_000, 44_100), 44_100, 16_000)[200:7800].abs().max() < 1e-4


def test_a_click_stays_where_it_is() -> None:
    clicks = torch.zeros(48_000)
    clicks[24_000] = 1
    assert resample(clicks, 48_000, 16_000).argmax() == 8_000


def test_the_same_rate_changes_nothing() -> None:
    samples = torch.randn(100)
    assert torch.equal(resample(samples, 16_000, 16_000), samples)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_shortest_sounds_do_too(count: int) -> None:
    assert resample(torch.ones(count), 44_100, 16_000).isfinite().all()


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="sample rate"):
        resample(torch.ones(10), 0, 16_000)
