"""What a shot was made from, looked at once each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from flows.clips import ColourAnchor, HandOff, Medium
from flows.media import middle_frame, png_bytes, write_clip
from flows.report.inputs import BARS, Inputs, sound_shape
from flows.store.prepared import put_prepared
from flows.storyboard.model import Transition
from tests.flows.edit.films import ShotSpec, a_film
from tests.flows.made import changed
from tests.flows.media.test_sound import tone

SHOTS = [
    ShotSpec("river.launch", ((17, 0, 12),), scores=(0.2, 0.9)),
    ShotSpec("river.drift", ((17, 1, 16),), Transition("dissolve", 0.25), caption="Adrift & <alone>"),
    ShotSpec("dusk.long", ((17, 0, 17), (9, 1, 8)), prompt="<script>alert(1)</script> & {{ 7 * 7 }}"),
]


def paint(shot: str, take: int, frames: int) -> np.ndarray:
    """A grey that brightens by 4 a frame."""
    start = {"river.launch": 10, "river.drift": 70, "dusk.long": 120}[shot]
    return np.stack([np.full((24, 32, 3), start + 4 * k + take, np.uint8) for k in range(frames)])


def test_what_shots_were_made_from_is_looked_at_once_and_only_named_where_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, _, store = a_film(tmp_path, SHOTS, paint)
    video = write_clip(np.full((5, 24, 32, 3), 7, np.uint8), 16.0, tmp_path / "pose.mkv")
    face = store.put_file(write_clip(np.full((5, 24, 32, 3), 9, np.uint8), 16.0, tmp_path / "face.mkv"))
    put_prepared(store, "e" * 64, {"pose": store.put_file(video), "face": face})
    store.local_path(face).unlink()
    plan = replace(plan, assets={"d" * 64: str(video)})
    media = (Medium("video", "d" * 64), Medium("prepared", "e" * 64))
    takes = [replace(take, clips=(changed(take.clips[0], media=media),)) for shot in plan.shots for take in shot.takes]
    looked: list[Path] = []

    def noted(path: Path) -> np.ndarray:
        looked.append(path)
        return middle_frame(path)

    monkeypatch.setattr("flows.report.inputs.middle_frame", noted)
    inputs = Inputs(plan, store)
    for take in takes:
        shown = [(one.what, one.file, one.picture is not None) for one in inputs.of(take)]
        assert shown == [("Video", "pose.mkv", True), ("Face", "prepared", False), ("Pose", "prepared", True)]
    assert len(looked) == 2


def test_pictures_come_before_videos_and_the_last_one_from_the_last_clip(tmp_path: Path) -> None:
    plan, _, store = a_film(tmp_path, SHOTS[2:], paint)
    (shot,) = plan.shots
    picture = tmp_path / "face.png"
    picture.write_bytes(png_bytes(np.full((4, 6, 3), 90, np.uint8)))
    first, last = shot.takes[0].clips
    anchor = ColourAnchor(1.0, picture="c" * 64)
    media = (Medium("masks", "d" * 64, "inverted"), Medium("audio", "e" * 64))
    take = replace(
        shot.takes[0],
        clips=(changed(first, image="c" * 64, media=media, anchor=anchor), changed(last, last_image="f" * 64)),
    )
    plan = replace(plan, assets={"c" * 64: str(picture), "f" * 64: str(picture), "d" * 64: "/gone/mask.mkv"})
    shown = [(one.what, one.file, one.picture is not None) for one in Inputs(plan, store).of(take)]
    assert shown == [
        ("Picture", "face.png", True),
        ("Last picture", "face.png", True),
        ("Colours", "face.png", True),
        ("Mask, inverted", "mask.mkv", False),
    ]


def test_the_shape_of_a_sound_is_as_long_as_the_shot(tmp_path: Path) -> None:
    plan, _, _ = a_film(tmp_path, SHOTS[:1], paint)
    plan = replace(plan, assets={"a" * 64: str(tone(tmp_path / "talk.wav", 0.5, 16_000)), "b" * 64: "/gone.wav"})
    shape = sound_shape("a" * 64, 1.0, plan) or ""
    heights = [float(bar.partition("v")[2]) for bar in shape.split("M")[1:]]
    assert len(heights) == BARS
    assert max(heights) == 2
    assert set(heights[BARS // 2 + 1 :]) == {0.0}
    assert sound_shape(None, 1.0, plan) is None
    assert sound_shape("b" * 64, 1.0, plan) is None


def test_keyframes_that_were_rendered_are_looked_at_and_lost_ones_named(tmp_path: Path) -> None:
    plan, _, store = a_film(tmp_path, SHOTS, paint)
    first, second, third = plan.shots
    still, lost = (replace(take, number=0) for take in (third.takes[0], second.takes[0]))
    shots = (replace(first, keyframe=still), replace(second, keyframe=lost), third)
    store.discard(lost.clips[-1].fingerprint)
    hand_offs = {
        "hand_off": HandOff(((still.fingerprint,),), frame=0),
        "ends_on": HandOff(((lost.fingerprint,),), frame=0),
    }
    take = replace(first.takes[0], clips=(changed(first.takes[0].clips[0], **hand_offs),))
    found = Inputs(replace(plan, shots=shots), store).of(take)
    assert [(each.what, each.file, each.picture is not None) for each in found] == [
        ("Keyframe", "river.launch keyframe", True),
        ("Last keyframe", "river.drift keyframe", False),
    ]
