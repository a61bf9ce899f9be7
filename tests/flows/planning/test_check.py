"""Wrong shots of every kind: `check` and `plan` name the same place, mistake and fix, and neither of them breaks."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flows.api import load, plan
from flows.config import compose
from flows.errors import Problem, StoryboardError
from flows.media import write_clip
from flows.planning.check import storyboard_findings
from flows.resolve import look_at_headers
from flows.storyboard import read_storyboard

FILM = "storyboard: 1\ntitle: X\nscenes:\n  - shots:\n      - {id: a, prompt: x}\n      - "
FACE, DANCE, DEPTH = "image: face.png", "motion: {video: dance.mkv}", "control: {video: depth.mkv}"
READY = "pose: dance.mkv, face: dance.mkv"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sound of 2 s; videos of 2 s, a short and a square one; two pictures."""
    folder = tmp_path_factory.mktemp("film")
    with wave.open(str(folder / "talk.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(32000))
    for name, frames, width in (("dance", 16, 64), ("depth", 16, 64), ("short", 2, 64), ("square", 16, 36)):
        write_clip(np.zeros((frames, 36, width, 3), np.uint8), 8, folder / f"{name}.mkv")
    for name in ("face", "end"):
        Image.new("RGB", (64, 36)).save(folder / f"{name}.png")
    return folder


def found(folder: Path, keys: str) -> list[Problem]:
    """What `check` says of a film whose second shot has these keys."""
    (folder / "film.yaml").write_text(f"{FILM}{{id: b, prompt: x, {keys}}}\n")
    storyboard, problems = read_storyboard(folder / "film.yaml")
    assert storyboard is not None
    problems.extend(
        storyboard_findings(storyboard, compose(()).settings, look_at_headers(storyboard), problems.shots)[0]
    )
    return problems.sorted()


WRONG = [
    ("motion: {}", "{}", "motion is empty", "give a driving video"),
    (f"motion: dance.mkv, {FACE}", "dance.mkv", "motion must be a map, not text", "write motion: {video: …}"),
    (f"motion: null, {FACE}", "null", "motion must be a map, not null", "remove the key"),
    (f"motion: {{video: dance.mkv, mode: replce}}, {FACE}", "replce", "unknown mode", "did you mean replace?"),
    (
        f"{DANCE}, audio: talk.wav, {FACE}",
        "dance.mkv",
        "s2v-14b moves as a ready-made pose",
        "`motion: {pose: ...}` alone",
    ),
    (f"motion: {{pose: dance.mkv}}, {FACE}", "dance.mkv", "needs its `face`", "add face:"),
    (DANCE, "{video: dance.mkv}", "animate-14b needs a picture", "add `image`"),
    (
        f"{DANCE}, {FACE}, end_image: end.png",
        "{video",
        "no variant can use image and end_image and motion",
        "remove end_image",
    ),
    (f"{DANCE}, {FACE}, continuity: a", "a}", "animate-14b cannot use `continuity`", "remove it, or `motion`"),
    (f"motion: {{video: dance.mkv, retarget: yes}}, {FACE}", "yes", "retarget must be `true`", "write true"),
    (f"motion: {{pose: dance.mkv, face: short.mkv}}, {FACE}", "short.mkv", "equally long", "cut them alike"),
    (f"motion: {{{READY}, background: dance.mkv, mask: square.mkv}}, {FACE}", "square.mkv", "36x36", "crop one"),
    (f"motion: {{{READY}, mode: replace}}, {FACE}", "replace", "takes the scene without them", "add background:"),
    (f"motion: {{video: dance.mkv, pose: dance.mkv}}, {FACE}", "dance.mkv}", "made from `video`", "remove pose"),
    ("control: {}", "{}", "control is empty", "give a video"),
    ("control: depth.mkv", "depth.mkv", "control must be a map", "write control: {video: …}"),
    ("control: none", "none", "control must be a map, not none", "remove the key"),
    ("control: {mask: depth.mkv}", "depth.mkv", "a mask needs the video", "add video:"),
    ("control: {video: depth.mkv, scale: -1}", "-1", "scale must be a number from 0 to 10", "write 0 or more"),
    ("control: {video: depth.mkv, scale: lots}", "lots", "scale must be a number", "write it in digits"),
    ("control: {scale: 0.5}", "{scale", "needs something to follow", "add `video` or `references`"),
    ("control: {references: face.png}", "face.png", "references must be a list", "write references: [ … ]"),
    ("control: {references: []}", "[]", "references is empty", "remove the key"),
    ("control: {references: [talk.wav]}", "talk.wav", "is a sound, not a picture", "name a picture"),
    (f"control: {{references: [{', '.join(['face.png'] * 17)}]}}", "[face", "has 17 entries", "at most 16"),
    (f"{DEPTH}, variant: t2v-a14b", "{video", "t2v-a14b cannot use `control`", "vace-fun-a14b can"),
    (
        f"{DEPTH}, end_image: end.png",
        "{video",
        "no variant can use end_image and control",
        "remove end_image or control",
    ),
    (f"{DEPTH}, video: depth.mkv", "depth.mkv", "no variant can use control and video", "make several shots"),
    (
        f"{DEPTH}, audio: talk.wav, {FACE}",
        "{video",
        "no variant can use image and audio and control",
        "remove audio or",
    ),
    ("control: {video: depth.mkv, mask: square.mkv}", "square.mkv", "have different shapes", "crop one of them"),
    ("control: {video: short.mkv}, duration: 9s", "short.mkv", "ends after 0.25 s", "make the shot shorter"),
    ("variant: vace-fun-a14b", "vace-fun-a14b", "needs something to follow", "add `control`, or a camera path such as"),
    (
        "variant: vace-fun-a14b, camera: wobble",
        "vace-fun-a14b",
        "needs something to follow",
        "add `control`, or a camera path such as",
    ),
    ("mask: depth.mkv", "mask", "unknown key 'mask' in a shot", "belongs in motion or control"),
    ("video: depth.mkv, strength: 1", "strength", "unknown key 'strength'", "belongs in a video to change"),
    ("video: {file: depth.mkv, strength: 0}", "0}", "strength must be a number above 0", "write more than 0"),
    ("video: {file: depth.mkv, strength: 1.5}", "1.5", "strength must be", "write 1 or less"),
    ("video: {file: depth.mkv, strength: 0.01}", "0.01", "takes none of the 40 steps", "at least 0.025"),
    ("video: {strength: 0.5}", "{strength", "a video to change needs file", "add file:"),
    ("video: [depth.mkv]", "[depth", "video must be a map, or only its `file`", "its keys: file"),
    (f"video: depth.mkv, {FACE}", "depth.mkv", "no variant can use image and video", "remove image or video"),
    ("video: depth.mkv, duration: 30s", "depth.mkv", "ends after 2.00 s", "make the shot shorter"),
    ("loras: grain", "grain", "loras must be a list", "write loras: [ … ]"),
    ("loras: [{weight: 1}]", "{weight", "a LoRA needs name", "add name:"),
    ("loras: [{name: grain, weight: 9}]", "9}", "weight must be a number from -4 to 4", "write 4 or less"),
    ("loras: [{name: grain, expert: hihg}]", "hihg", "unknown expert", "did you mean high?"),
    ("loras: [grain.pth]", "grain.pth", "is pickled", "ends in .safetensors"),
    ("loras: [face.png]", "face.png", "face.png is no LoRA", "ends in .safetensors"),
    ("loras: [grain, grain]", "grain]", "on the same expert twice", "name it once"),
    ("sampling: 40", "40", "sampling must be a map", "write sampling: {num_inference_steps: …}"),
    ("sampling: {num_inference_steps: 2.5}", "2.5", "must be a whole number", "write 2"),
    ("sampling: {guidance_scale: 0.5}", "0.5", "guidance_scale must be a number from 1", "write 1 or more"),
    ("sampling: {boundary_ratio: 1.5}", "1.5", "boundary_ratio must be a number from 0 to 1", "write 1 or less"),
    ("sampling: {boundary: 0.9}", "boundary", "unknown key", "boundary_ratio"),
    (f"{FACE}, audio: talk.wav, sampling: {{boundary_ratio: 0.9}}", "0.9", "s2v-14b has one transformer", "remove it"),
    ("sampling: {solver: unpic}", "unpic", "unknown solver", "did you mean unipc?"),
    ("camera: [pan left]", "[pan", "camera must be text, not a list", "write camera: pan left"),
    ("extend: none", "none", "extend must be `true` or `false`", "write true or false"),
    ("duration: soon", "soon", "duration must be a length of time", "write for example 2s"),
    ("extend: off", "off", "extend must be `true` or `false`", "write false"),
    ("audio: talk.wav", "talk.wav", "speech needs the picture of a person", "add `image`"),
    (f"audio: [talk.wav], {FACE}", "[talk", "audio must be a sound file", "write audio: talk.wav"),
    (f"audio: face.png, {FACE}", "face.png", "is a picture, not a sound", "name a sound"),
    (
        "continuity: {from: a, by: keyframes}, variant: t2v-a14b",
        "keyframes",
        "it cannot begin with a keyframe",
        "write `continuity: none` in this shot",
    ),
    ("continuity: {from: a, by: overlap, frames: 8}", "8}", "8 frames are no whole latents", "write 5 or 9"),
    ("continuity: {from: a, by: overlap, frames: 2}", "2}", "2 frames are no whole latents", "write 5"),
    ("continuity: {from: a, by: overlap, frames: 81}", "81}", "from 1 to 77", "write 77 or less"),
    ("continuity: {from: a, by: overlap}, variant: i2v-a14b", "overlap", "cannot use", "vace-fun-a14b can"),
    ("continuity: {from: a, by: reference}, variant: t2v-a14b", "reference", "cannot use", "vace-fun-a14b can"),
]


@pytest.mark.parametrize(("keys", "at", "message", "fix"), WRONG, ids=[keys[:60] for keys, *_ in WRONG])
def test_check_and_plan_say_the_same_with_place_and_fix(
    folder: Path, keys: str, at: str, message: str, fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    (problem,) = found(folder, keys)
    assert problem.place is not None
    line = (folder / "film.yaml").read_text().splitlines()[problem.place.line - 1]
    assert line[problem.place.column - 1 :].startswith(at)
    assert message in problem.message
    assert problem.fix is not None
    assert fix in problem.fix
    assert problem.shot == "scene-1.b"
    with pytest.raises(StoryboardError) as caught:
        plan(load(folder / "film.yaml", ["model=wan22", f"store.address={folder / 'store'}"]), weights=False)
    assert [(each.place, each.message) for each in caught.value.problems] == [(problem.place, problem.message)]


@pytest.mark.parametrize(
    "keys",
    [
        f"motion: {{pose: dance.mkv}}, audio: talk.wav, {FACE}",
        f"motion: {{{READY}}}, {FACE}",
        "control: {references: [face.png, face.png]}",
        f"{DEPTH}, camera: pan left",
        "variant: vace-fun-a14b, camera: slow pan left",
        "video: {file: depth.mkv, strength: 1}",
        "loras: [{name: grain, expert: high}, {name: grain, expert: low}]",
        "loras: []",
        "continuity: {from: a, by: overlap}",
        "continuity: {from: a, by: overlap, frames: 77}, variant: vace-fun-a14b",
        f"continuity: {{from: a, by: overlap}}, {DEPTH}",
        "continuity: {from: a, by: reference}",
        f"{FACE}, end_image: end.png",
    ],
)
def test_what_goes_together_is_no_problem(folder: Path, keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    assert found(folder, keys) == []
