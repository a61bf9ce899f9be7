"""A shot from what it says and what it inherits."""

from __future__ import annotations

import pytest

from flows.storyboard.model import (
    Anchor,
    Continuity,
    Control,
    Format,
    GuidanceOverride,
    Lora,
    Motion,
    SamplingOverride,
    Transition,
    VideoToVideo,
)
from tests.flows.storyboard.conftest import Desk

EVERYTHING = """
storyboard: 1
title: The paper boat
seed: 7
format: {size: 1280x720, fps: 24}
variables: {product: boat}
look: {style: cut-paper animation, negative: blurry}
cast:
  boat: {description: a white paper boat, reference: assets/boat.png}
shot_defaults: {duration: 2s, variant: auto}
scenes:
  - id: river
    setting: over water at noon
    shots:
      - id: launch
        prompt: <boat> moves left to right
        image: assets/boat.png
        end_image: assets/end.png
        seed: 11
        takes: 3
      - id: drift
        prompt: <boat> comes closer
        continuity: {from: previous, by: last_frame}
        transition: {kind: dissolve, duration: 0.5s}
      - id: voice
        prompt: a person talks
        image: assets/boat.png
        audio: assets/talk.wav
      - id: dance
        prompt: a person dances
        image: assets/boat.png
        motion: {video: assets/dance.mp4, mode: animate}
      - id: controlled
        prompt: a harbour at dawn
        control: {video: assets/dance.mp4, mask: assets/dance.mp4, references: [assets/boat.png]}
        sampling: {num_inference_steps: 30, guidance_scale: {high: 4.0, low: 3.0}}
        loras: [{name: film-grain, weight: 0.6}, {name: assets/fur.safetensors, expert: high}]
        caption: What the viewer reads
      - id: changed
        prompt: the same in watercolour
        video: {file: assets/dance.mp4, strength: 0.5}
soundtrack:
  music: {file: assets/talk.wav, gain_db: -12, fade_in: 1s, fade_out: 2s, duck: true}
  voiceover: [{file: assets/talk.wav, at: river.drift + 0.5s}]
deliver:
  - {name: master, size: 1280x720, fps: 24, video: h264}
  - {name: story, aspect: "9:16", video: h264}
"""
"""The storyboard of the design, word for word but for the names of files."""


def film(shots: str, top: str = "", scene: str = "") -> str:
    """A film of one scene: `shots` as list items, `top` and `scene` as further keys."""
    lines = "\n".join(f"      {line}" for line in shots.splitlines())
    return f"storyboard: 1\ntitle: x\n{top}scenes:\n  - id: river\n{scene}    shots:\n{lines}\n"


def test_everything_a_storyboard_can_say_is_read(desk: Desk) -> None:
    storyboard = desk.load(EVERYTHING)
    assert (storyboard.title, storyboard.slug, storyboard.seed) == ("The paper boat", "the-paper-boat", 7)
    assert (str(storyboard.format.size), storyboard.format.fps) == ("1280x720", 24)
    follows = desk.load(EVERYTHING.replace("size: 1280x720, fps: 24}", "size: from_image, fps: 24}", 1))
    assert follows.format == Format(None, 24, from_image=True)
    launch, drift, voice, dance, controlled, changed = storyboard.shots
    assert (launch.seed, launch.takes, launch.duration, launch.variant) == (11, 3, 2.0, "auto")
    assert launch.image == desk.folder / "assets/boat.png"
    assert launch.end_image == desk.folder / "assets/end.png"
    assert drift.continuity == Continuity("river.launch")
    assert drift.transition == Transition("dissolve", 0.5)
    assert voice.audio == desk.folder / "assets/talk.wav"
    assert dance.motion == Motion(desk.folder / "assets/dance.mp4")
    video = desk.folder / "assets/dance.mp4"
    assert controlled.control == Control(video, video, (desk.folder / "assets/boat.png",))
    assert controlled.sampling == SamplingOverride(30, GuidanceOverride(4.0, 3.0))
    fur = Lora("assets/fur.safetensors", 1.0, "high", desk.folder / "assets/fur.safetensors")
    assert controlled.loras == (Lora("film-grain", 0.6), fur)
    assert changed.video == VideoToVideo(video, 0.5)
    assert controlled.caption == "What the viewer reads"
    music, (voiceover,) = storyboard.soundtrack.music, storyboard.soundtrack.voiceover
    assert music
    assert (music.gain_db, music.fade_in, music.fade_out, music.duck) == (-12, 1, 2, True)
    assert (voiceover.at.shot, voiceover.at.offset) == ("river.drift", 0.5)
    master, story = storyboard.deliver
    assert (str(master.size), master.fps, story.aspect, story.video) == ("1280x720", 24, (9, 16), "h264")


def test_a_shot_may_keep_its_prompt_as_it_is_written(desk: Desk) -> None:
    text = film("- {prompt: a}\n- {prompt: b, extend: true}\n", top="shot_defaults: {extend: false}\n")
    assert [shot.extend for shot in desk.load(text).shots] == [False, True]
    assert desk.load(film("- {prompt: a}\n")).shots[0].extend


def test_inherited_continuity_and_transition_skip_the_first_shot(desk: Desk) -> None:
    text = film("- {prompt: a}\n- {prompt: b}\n", top="shot_defaults: {continuity: previous, transition: dissolve}\n")
    text += "  - id: sea\n    shots: [{prompt: c}, {prompt: d, continuity: none, transition: cut}]\n"
    a, b, c, d = desk.load(text).shots
    assert (a.continuity, a.transition) == (None, Transition())
    assert (b.continuity, b.transition) == (Continuity("river.shot-1"), Transition("dissolve", 0.5))
    assert (c.continuity, c.transition) == (None, Transition("dissolve", 0.5))
    assert (d.continuity, d.transition) == (None, Transition())


def test_an_anchor_is_a_strength_a_picture_or_none_and_is_inherited(desk: Desk) -> None:
    shots = "- {prompt: a}\n- {prompt: b, anchor: none}\n- {prompt: c, anchor: {to: assets/boat.png}}\n"
    shots += "- {prompt: d, anchor: {strength: 0.5, to: assets/end.png}}\n"
    plain = [shot.anchor for shot in desk.load(film(shots)).shots]
    boat, end = desk.folder / "assets/boat.png", desk.folder / "assets/end.png"
    assert plain == [None, Anchor(0.0), Anchor(None, boat), Anchor(0.5, end)]
    inherited = desk.load(film(shots, top="shot_defaults: {anchor: 0.25}\n")).shots
    assert [shot.anchor for shot in inherited] == [Anchor(0.25), *plain[1:]]


def test_what_is_wrong_with_an_anchor_is_said_where_it_stands(desk: Desk) -> None:
    for written, message, fix in [
        ("anchor: 1.5", "anchor must be", "write 1 or less"),
        ("anchor: {with: 0.5}", "unknown key 'with' in an anchor", "its keys: strength, to"),
        ("continuity: {from: previous, anchor: 0.5}", "unknown key 'anchor' in continuity", "anchor belongs in"),
        ("continuity: {budget: {delta_e: 3}}", "in continuity of a shot", "budget belongs in continuity of the film"),
    ]:
        problem = desk.the_problem(film(f"- {{prompt: a}}\n- {{prompt: b, {written}}}\n"))
        assert message in problem.message
        assert fix in str(problem)


def test_short_forms_stand_for_the_most_important_key(desk: Desk) -> None:
    text = film(
        "- {id: a, prompt: a, loras: [grain]}\n"
        "- {prompt: b, continuity: a, transition: fade_black, sampling: {guidance_scale: 4.5}}\n"
        "- {prompt: c, transition: {duration: 1s}}\n"
    )
    a, b, c = desk.load(text).shots
    assert a.loras == (Lora("grain", 1.0),)
    assert b.continuity == Continuity("river.a")
    assert b.transition == Transition("fade_black", 0.5)
    assert b.sampling.guidance_scale == GuidanceOverride(4.5, 4.5)
    assert c.transition == Transition("dissolve", 1.0)


def test_places_name_where_each_key_was_written_or_inherited_from(desk: Desk) -> None:
    text = film(
        "- prompt: a\n  seed: 3\n- prompt: b\n  continuity: {from: previous}\n",
        top="shot_defaults: {duration: 1s, sampling: {solver: unipc}}\n",
    )
    first, second = desk.load(text).shots
    assert str(first.where("seed")) == f"{desk.path}:8:15"
    assert (first.where("duration").line, first.where("sampling.solver").column) == (3, 50)
    assert first.where("continuity.from") == first.place
    assert (second.where("continuity.by").line, second.where("continuity.by").column) == (10, 21)


def test_the_largest_seed_leaves_room_for_takes(desk: Desk) -> None:
    seed = 2**63 - 1
    assert desk.load(film(f"- {{prompt: a, seed: {seed}}}\n")).shots[0].seed == seed
    problem = desk.the_problem(film(f"- {{prompt: a, seed: {seed}, takes: 2}}\n"))
    assert problem.message == "seed + takes is larger than a seed can be"


def test_control_needs_something_and_a_mask_needs_its_video(desk: Desk) -> None:
    assert desk.the_problem(film("- {prompt: a, control: {}}\n")).message == "control is empty"
    masked = film("- {prompt: a, control: {mask: assets/dance.mp4}}\n")
    assert desk.the_problem(masked).message == "a mask needs the video it masks"


@pytest.mark.parametrize(
    ("loras", "columns"),
    [
        ("[grain, {name: grain, weight: 0.5}]", [50]),
        ("[{name: grain, expert: high}, grain, {name: grain, expert: low}]", [65, 79]),
        ("[{name: grain, expert: high}, {name: grain, expert: low}]", []),
        ("[grain, fur]", []),
    ],
)
def test_a_lora_is_laid_on_an_expert_once(desk: Desk, loras: str, columns: list[int]) -> None:
    found = desk.check(film(f"- {{id: a, prompt: a, loras: {loras}}}\n"))
    assert [problem.place.column for problem in found if problem.place] == columns
    assert all(problem.message == "the LoRA grain is laid on the same expert twice" for problem in found)
