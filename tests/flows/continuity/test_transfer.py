"""A transfer laid on frames: its bounds, its order, and that it is what it says."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.continuity.anchoring import DARKER, MOST_CONTRAST, MOST_SATURATION
from flows.continuity.oklab import to_oklab
from flows.continuity.transfer import Transfer, apply
from tests.flows.continuity.casts import picture

GREYS = np.repeat(np.arange(256, dtype=np.uint8)[None, None, :, None], 3, axis=-1)
shifts = st.builds(
    Transfer,
    st.floats(-MOST_CONTRAST, MOST_CONTRAST),
    st.floats(DARKER, 0.2),
    st.floats(-MOST_SATURATION, MOST_SATURATION),
    st.floats(-0.02, 0.02),
    st.floats(-0.02, 0.02),
)
alone = np.ones(1)


@settings(max_examples=15, deadline=None)
@given(shifts, shifts, st.floats(0, 1))
def test_no_two_greys_change_their_order(begins: Transfer, ends: Transfer, share: float) -> None:
    grey, other = (Transfer(each.contrast, each.light) for each in (begins, ends))
    made = apply(GREYS, grey, other, np.array([share]))[0, 0].astype(int)
    assert np.diff(made, axis=0).min() >= 0
    assert np.abs(np.diff(made, axis=1)).max() <= 1


@settings(max_examples=8, deadline=None)
@given(shifts, st.integers(0, 2**32 - 1))
def test_frames_get_what_the_transfer_says_within_a_level(transfer: Transfer, seed: int) -> None:
    frame = picture(seed)
    made = apply(frame[None], transfer, transfer, alone)[0]
    exact = np.clip(frame + transfer.deltas(frame.astype(float)), 0, 255)
    assert np.abs(made - exact).max() <= 1.5


@settings(max_examples=8, deadline=None)
@given(shifts, st.integers(0, 2**32 - 1))
def test_what_is_clearly_lighter_stays_lighter(transfer: Transfer, seed: int) -> None:
    colours = np.random.default_rng(seed).integers(70, 180, (1, 1, 400, 3)).astype(np.uint8)
    before = to_oklab(colours.astype(float))[0, 0, :, 0]
    after = to_oklab(apply(colours, transfer, transfer, alone).astype(float))[0, 0, :, 0]
    order = np.argsort(before)
    for gap in (5, 50):
        lower, higher = order[:-gap], order[gap:]
        clear = before[higher] - before[lower] > 0.03
        assert (after[higher] >= after[lower])[clear].all()


def test_black_stays_black_and_nothing_is_nothing() -> None:
    black = np.zeros((1, 2, 2, 3), np.uint8)
    strong = Transfer(0.1, 0.07, 0.2, 0.02, 0.02)
    assert (apply(black, strong, strong, alone) == 0).all()
    frame = picture(1)[None]
    assert (apply(frame, Transfer(), Transfer(), alone) == frame).all()
    assert Transfer().is_nothing
    assert not strong.is_nothing
    assert strong.times(0.0) == Transfer()


def test_frames_go_over_from_one_transfer_to_the_other() -> None:
    frames = np.full((5, 1, 1, 3), 128, np.uint8)
    made = apply(frames, Transfer(), Transfer(light=0.07), np.linspace(0, 1, 5))[:, 0, 0, 0].astype(int)
    assert made[0] == 128
    steps = np.diff(made)
    assert steps.min() >= 4
    assert steps.max() - steps.min() <= 1
