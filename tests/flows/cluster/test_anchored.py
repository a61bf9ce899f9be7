"""Frames held to their anchor: which frames are read for it, and how often."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from flows.clips import ColourAnchor, HandOff
from flows.cluster import anchored
from flows.cluster.anchored import Looks, anchored_frames
from flows.cluster.publish import store_clip
from flows.errors import BlobMissing
from flows.media import frames_at, png_bytes
from flows.planning.model import Clip
from flows.store import Store
from tests.flows.cluster.clips import real_clip
from tests.flows.continuity.casts import Frames, cast, clip_of, delta_e
from tests.flows.made import changed

TRUE = clip_of(3, 24)


def kept(clip: Clip, frames: Frames, store: Store, quality: float = 0.5) -> Clip:
    """The clip with these frames, in the store."""
    clip = changed(clip, width=frames.shape[2], height=frames.shape[1], num_frames=len(frames))
    record = store_clip(store, clip, frames, b"latents", seconds={})
    store.publish(replace(record, scores={"quality": quality}))
    return clip


def going_on(first: Clip, before: Clip, strength: float = 1.0) -> Clip:
    clip = real_clip("it goes on", [before])
    look = HandOff(((first.fingerprint,),))
    return changed(clip, variant="i2v-a14b", anchor=ColourAnchor(strength, look))


def test_a_clip_is_held_to_the_first_of_its_chain(store: Store) -> None:
    first = kept(real_clip("first"), TRUE, store)
    second = kept(real_clip("second", [first]), cast(TRUE, 2.0, 1.0), store)
    off = cast(TRUE, 4.0, 2.0)
    held = anchored_frames(going_on(first, second), off, store, Looks())
    assert delta_e(held[-1], TRUE[-1]) < delta_e(off[-1], TRUE[-1]) / 4
    assert delta_e(held[0], cast(TRUE[:1], 2.0, 1.0)[0]) < 0.6, "it begins as the clip before ends"


def test_a_clip_without_an_anchor_is_left_alone(store: Store) -> None:
    assert anchored_frames(real_clip("first"), TRUE, store, Looks()) is TRUE


def test_the_best_take_is_the_one_that_is_held_to(store: Store) -> None:
    good = kept(real_clip("good"), TRUE, store, quality=0.9)
    bad = kept(real_clip("bad"), cast(TRUE, -4.0), store, quality=0.1)
    off = cast(TRUE, 4.0)
    look = HandOff(((bad.fingerprint,), (good.fingerprint,)))
    clip = changed(going_on(good, good), anchor=ColourAnchor(1.0, look))
    assert delta_e(anchored_frames(clip, off, store, Looks())[-1], TRUE[-1]) < 1.0


def test_a_picture_can_be_what_is_held_to(store: Store) -> None:
    picture = store.put_bytes(png_bytes(TRUE[0]))
    off = cast(TRUE, 3.0, -2.0)
    clip = changed(real_clip("first"), anchor=ColourAnchor(1.0, picture=picture))
    assert delta_e(anchored_frames(clip, off, store, Looks()), TRUE) < delta_e(off, TRUE) / 3


def test_a_look_is_read_once_and_as_it_was_up_to_the_frame(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    lit = TRUE.copy()
    lit[12:] = cast(TRUE[12:], 20.0)
    first = kept(real_clip("first"), lit, store)
    read: list[list[int]] = []

    def noted(path: Path, which: list[int]) -> list[Frames]:
        read.append(which)
        return frames_at(path, which)

    monkeypatch.setattr(anchored, "frames_at", noted)
    looks, off = Looks(), cast(lit[12:], 3.0)
    for _ in range(2):
        held = anchored_frames(going_on(first, first), off, store, looks)
    assert read == [[15, 19, 23]]
    assert delta_e(held[-1], lit[-1]) < 1.0, "what was lit by its end is how it looks"
    before = changed(going_on(first, first), anchor=ColourAnchor(1.0, HandOff(((first.fingerprint,),), frame=9)))
    assert np.array_equal(anchored_frames(before, lit[12:], store, looks), lit[12:]), "too far off to be drift"
    assert read[1:] == [[1, 5, 9]]


def test_an_anchor_that_is_gone_is_said(store: Store) -> None:
    first = kept(real_clip("first"), TRUE, store)
    clip = changed(going_on(first, first), anchor=ColourAnchor(1.0, HandOff((("a" * 64,),))))
    with pytest.raises(BlobMissing, match="not in the store any more"):
        anchored_frames(clip, TRUE, store, Looks())
