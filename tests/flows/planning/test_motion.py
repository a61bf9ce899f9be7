"""A person moved by a driving video: what stands for the videos prepared from it, and the LoRA that relights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.clips import ClipLora, Medium
from flows.planning.media import clip_media
from flows.planning.motion import PREPARED, RETARGET, motion_problems, prepared_media, relighting_loras
from flows.resolve import Snapshot
from flows.resolve.motion import MotionFacts
from flows.storyboard.model import Motion, Size
from tests.flows.planning.conftest import MakeShot
from wan.families import FAMILIES
from wan.variants import VARIANTS

ANIMATE, SIZE = VARIANTS["animate-14b"], Size(1280, 720)
FACE, DANCE, LIGHT = Path("/films/face.png"), Path("/films/dance.mp4"), Path("/models/relight.safetensors")
DIGESTS = {path: path.stem.ljust(64, "0") for path in (FACE, DANCE, LIGHT)}
FACTS = MotionFacts({"animate": "a" * 64, "replace": "b" * 64}, LIGHT)
SNAPSHOT = Snapshot(storyboard_digest="0" * 64, digests=DIGESTS, motion=FACTS)


def _digest(path: Path | None) -> str | None:
    return DIGESTS.get(path) if path else None


def _prepared(shot: Any, snapshot: Snapshot = SNAPSHOT, size: Size = SIZE, fps: float = 30) -> tuple[Medium, ...]:
    return prepared_media(shot, ANIMATE, snapshot, _digest, size, fps)


def test_what_is_prepared_depends_on_video_models_size_rate_and_mode(shot: MakeShot) -> None:
    dance = shot("dance", image=FACE, motion=Motion(DANCE))
    known = _prepared(dance)
    assert [(medium.name, medium.option) for medium in known] == [(PREPARED, "")]
    others = [
        _prepared(shot("b", image=FACE, motion=Motion(DANCE, "replace"))),
        _prepared(shot("c", image=FACE, motion=Motion(DANCE, retarget=True))),
        _prepared(shot("d", image=FACE, motion=Motion(FACE))),
        _prepared(dance, size=Size(720, 1280)),
        _prepared(dance, fps=16),
        _prepared(dance, replace(SNAPSHOT, motion=MotionFacts({"animate": "c" * 64}))),
    ]
    assert len({known, *others}) == 7
    assert others[1][0].option == RETARGET
    assert _prepared(shot("e", image=DANCE, motion=Motion(DANCE))) == known  # the picture counts only for retargeting


@pytest.mark.parametrize("motion", [None, Motion(pose=DANCE, face=FACE)])
def test_nothing_is_prepared_without_a_driving_video(shot: MakeShot, motion: Motion | None) -> None:
    assert _prepared(shot("a", image=FACE, motion=motion)) == ()


def test_ready_made_videos_are_given_by_name(shot: MakeShot) -> None:
    motion = Motion(mode="replace", pose=DANCE, face=DANCE, background=DANCE, mask=DANCE)
    media = clip_media(shot("a", image=FACE, motion=motion), ANIMATE, _digest)
    assert [medium.name for medium in media] == ["pose", "face", "background", "mask"]


def test_a_replaced_person_is_relit_where_the_checkpoint_can(shot: MakeShot) -> None:
    replaced = shot("a", image=FACE, motion=Motion(DANCE, "replace"))
    assert relighting_loras(replaced, ANIMATE, SNAPSHOT) == (ClipLora(DIGESTS[LIGHT]),)
    assert relighting_loras(shot("b", image=FACE, motion=Motion(DANCE)), ANIMATE, SNAPSHOT) == ()
    assert relighting_loras(replaced, ANIMATE, replace(SNAPSHOT, motion=MotionFacts())) == ()


def test_ready_made_videos_are_equally_long(shot: MakeShot) -> None:
    motion = Motion(pose=DANCE, face=LIGHT)
    moved = shot("a", image=FACE, motion=motion)
    for seconds, wrong in ((5.0, False), (5.04, False), (5.1, True), (1.0, True)):
        world = replace(SNAPSHOT, media_seconds={DANCE: 5.0, LIGHT: seconds})
        found = list(motion_problems(moved, FAMILIES["wan22"], world))
        assert bool(found) is wrong, seconds
        if found:
            assert "pose 5.00 s, face" in found[0].message
            assert found[0].fix


def test_how_a_driving_video_is_read_is_part_of_what_is_prepared(shot: MakeShot) -> None:
    dance = shot("dance", image=FACE, motion=Motion(DANCE, retarget=True))
    known = _prepared(dance)
    others = [_prepared(dance, replace(SNAPSHOT, treated={path: ("times",)})) for path in (DANCE, FACE)]
    assert len({known, *others}) == 3
    assert _prepared(dance, replace(SNAPSHOT, treated={LIGHT: ("times",)})) == known
