"""`wanflow check` opens what a storyboard names: kinds, shapes and lengths, with the place that names it."""

from __future__ import annotations

import json
import re
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from flows.media import write_clip

Wanflow = Callable[..., subprocess.CompletedProcess[str]]
HEAD = "storyboard: 1\ntitle: A test\nscenes:\n  - shots:\n"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Where the command stands, with a sound of 1 s, videos of 1 and 0.5 s, a picture, and something else."""
    folder = tmp_path / "here"
    folder.mkdir(exist_ok=True)
    with wave.open(str(folder / "talk.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    for name, frames, width in (("depth", 8, 64), ("mask", 8, 64), ("square", 8, 36), ("short", 4, 64)):
        write_clip(np.zeros((frames, 36, width, 3), np.uint8), 8, folder / f"{name}.mkv")
    (folder / "noise.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(range(256)) * 8)
    (folder / "mute.mkv").write_bytes((folder / "depth.mkv").read_bytes())
    from PIL import Image

    Image.new("RGB", (64, 36)).save(folder / "face.png")
    return folder


def checked(said: Wanflow, here: Path, shot: str) -> list[tuple[str, int, str, str]]:
    """Severity, line, what stands there, and message of everything said of a film of one shot."""
    (here / "film.yaml").write_text(f"{HEAD}      - {{prompt: x, {shot}}}\n")
    done = said("check", "film.yaml", "--json")
    assert "Traceback" not in done.stderr, done.stderr
    found = json.loads(done.stdout)["problems"]
    assert done.returncode == (2 if any(each["severity"] == "error" for each in found) else 0)
    assert all(each["fix"] for each in found)
    line = (here / "film.yaml").read_text().splitlines()[4]
    stands = [re.split(r"[,}]", line[each["column"] - 1 :])[0] for each in found]
    return [(each["severity"], each["line"], at, each["message"]) for each, at in zip(found, stands, strict=True)]


@pytest.mark.parametrize(
    ("shot", "at", "message"),
    [
        ("control: {video: noise.mp4}", "noise.mp4", "not a readable audio or video file"),
        ("image: face.png, audio: mute.mkv", "mute.mkv", "mute.mkv: holds no sound"),
        ("control: {video: talk.wav}", "talk.wav", "talk.wav is a sound, not a video"),
        (
            "control: {video: depth.mkv, mask: square.mkv}",
            "square.mkv",
            "square.mkv is 36x36, depth.mkv 64x36: they lie over",
        ),
        ("audio: talk.wav", "talk.wav", "speech needs the picture of a person"),
        ("image: face.png, motion: {pose: depth.mkv, face: short.mkv}", "short.mkv", "equally long"),
        (
            "control: {video: short.mkv}, duration: 12s",
            "short.mkv",
            "short.mkv ends after 0.50 s, and a clip of the shot begins",
        ),
    ],
)
def test_what_cannot_be_used_is_an_error(said: Wanflow, here: Path, shot: str, at: str, message: str) -> None:
    (found,) = checked(said, here, shot)
    assert found[:3] == ("error", 5, at)
    assert message in found[3]


def test_a_voice_that_the_film_cuts_off_is_a_warning_where_the_length_is_written(said: Wanflow, here: Path) -> None:
    sound = "soundtrack: {voiceover: [{file: talk.wav, at: a + 1.5s}]}\n"
    for duration, count in (("duration: 2s", 1), ("seed: 1", 0)):
        (here / "film.yaml").write_text(f"{HEAD}      - {{id: a, prompt: x, {duration}}}\n{sound}")
        found = json.loads(said("check", "film.yaml", "--json").stdout)["problems"]
        assert [each["severity"] for each in found] == ["warning"] * count
        assert all("its last 0.50 s are cut off" in each["message"] and each["line"] == 6 for each in found)


def test_a_sound_that_was_cut_off_is_a_warning(said: Wanflow, here: Path) -> None:
    (here / "talk.wav").write_bytes((here / "talk.wav").read_bytes()[:2000])
    (found,) = checked(said, here, "image: face.png, audio: talk.wav")
    assert found[:3] == ("warning", 5, "talk.wav")
    assert "its header says 1.00 s, 0.12 s are there" in found[3]


@pytest.mark.parametrize(
    ("shot", "at", "message"),
    [
        (
            "image: face.png, audio: talk.wav, duration: 3s",
            "talk.wav",
            "talk.wav lasts 1.00 s, the shot 3 s: the rest of the",
        ),
        (
            "control: {video: short.mkv}, duration: 2s",
            "short.mkv",
            "short.mkv lasts 0.50 s, the shot 2 s: its last frame stands",
        ),
        (
            "control: {video: depth.mkv, mask: short.mkv}",
            "short.mkv",
            "short.mkv lasts 0.50 s, depth.mkv 1.00 s: its last frame",
        ),
    ],
)
def test_what_ends_before_its_shot_is_a_warning(said: Wanflow, here: Path, shot: str, at: str, message: str) -> None:
    (found,) = checked(said, here, shot)
    assert found[:3] == ("warning", 5, at)
    assert message in found[3]


@pytest.mark.parametrize(
    "shot",
    [
        "control: {video: depth.mkv, mask: mask.mkv}",
        "image: face.png, audio: talk.wav",
        "video: depth.mkv, duration: 0.5s",
    ],
)
def test_what_goes_together_is_no_problem(said: Wanflow, here: Path, shot: str) -> None:
    assert checked(said, here, shot) == []


def test_people_read_the_line_and_the_fix(said: Wanflow, here: Path) -> None:
    (here / "film.yaml").write_text(
        f"{HEAD}      - {{prompt: x, audio: talk.wav, image: face.png, duration: 3s}}\n      - {{promt: y}}\n"
    )
    done = said("check", "film.yaml")
    assert done.returncode == 2
    assert "error: film.yaml:6:10: shot scene-1.shot-2: unknown key 'promt'" in done.stderr
    assert "warning: film.yaml:5:28: shot scene-1.shot-1: talk.wav lasts 1.00 s" in done.stderr
    assert "      - {prompt: x, audio: talk.wav, image" in done.stderr
