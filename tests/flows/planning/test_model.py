"""The plan's own values: clips in the order they can be rendered, and what a shot says of its first clip."""

from __future__ import annotations

from flows.clips import HandOff, Medium
from flows.planning.model import topological
from flows.storyboard.model import Continuity
from tests.flows.cli.plans import plan as plan_of
from tests.flows.cli.plans import shot as shot_of
from tests.flows.cli.plans import take
from tests.flows.made import a_clip
from tests.flows.planning.conftest import MakeFilm, MakePlan, MakeShot
from wan.request import Numerics


def test_every_clip_comes_once_and_after_what_it_starts_from(shot: MakeShot, film: MakeFilm, plan: MakePlan) -> None:
    made = plan(film(shot("b", continuity=Continuity("river.a")), shot("a", takes=2), shot("same", prompt="x")))
    names = [clip.fingerprint for clip in made.clips]
    assert len(names) == len(set(names)) == 4
    for clip in made.clips:
        assert all(names.index(up) < names.index(clip.fingerprint) for up in clip.upstream)


def test_clips_without_ties_keep_their_order() -> None:
    last, first = a_clip("z", hand_off=HandOff((("y",),))), a_clip("y")
    clips = {clip.fingerprint: clip for clip in (a_clip("x"), last, first)}
    assert [clip.fingerprint for clip in topological(clips)] == ["x", "y", "z"]
    assert topological({"z": last}) == (last,), "what is not among them is in the store"


def test_a_clip_computes_by_its_own_kernel_whatever_its_spec_calls_it() -> None:
    clip = a_clip("x", numerics=Numerics("bf16", "sdpa"), kernel="_native_cudnn")
    assert clip.numerics == Numerics("bf16", "_native_cudnn")
    assert clip.spec.numerics.attention == "sdpa"


def test_a_shot_is_told_by_its_first_clip() -> None:
    spoken = a_clip("x", prompt="hello", width=64, height=32, media=(Medium("audio", "d"),), fps=24)
    made = shot_of("a.b", take(spoken, a_clip("y", prompt="other")))
    assert (made.variant, made.prompt, made.width, made.height) == ("t2v-a14b", "hello", 64, 32)
    assert (made.audio, made.render_fps) == ("d", 24)
    assert plan_of(made).clips[0] is spoken
