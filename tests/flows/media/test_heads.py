"""Headers of sounds and videos: kind, size and length, without reading the rest."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from flows.errors import MediaError
from flows.media import audio_head, probe_audio, probe_video, promised_seconds, video_head, write_clip

SHIPPED = Path(__file__).parents[3] / "storyboards" / "assets"


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "talk.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000 * 4))
    return path


def test_a_sound_is_as_long_as_it_says(sound: Path) -> None:
    assert audio_head(sound) == pytest.approx(1.0)
    assert audio_head(SHIPPED / "bed.m4a") == pytest.approx(probe_audio(SHIPPED / "bed.m4a"), abs=0.1)


def test_a_sound_that_was_cut_off_is_as_long_as_its_bytes_reach(sound: Path) -> None:
    sound.write_bytes(sound.read_bytes()[:16044])
    assert audio_head(sound) == pytest.approx(0.5, abs=0.01)


def test_a_header_promises_what_may_not_be_there(sound: Path) -> None:
    whole = sound.read_bytes()
    assert promised_seconds(sound) == pytest.approx(1.0)
    sound.write_bytes(whole[:2000])
    assert promised_seconds(sound) == pytest.approx(1.0)
    assert promised_seconds(SHIPPED / "bed.m4a") == pytest.approx(probe_audio(SHIPPED / "bed.m4a"), abs=0.05)
    sound.write_bytes(whole[:40] + b"\xff" * 4 + whole[44:])  # as programs write that do not know yet
    assert promised_seconds(sound) is None


def test_a_sound_without_a_rate_is_no_sound(sound: Path) -> None:
    data = bytearray(sound.read_bytes())
    data[24:28] = bytes(4)
    sound.write_bytes(data)
    with pytest.raises(MediaError, match=r"talk\.wav"):
        audio_head(sound)


def test_a_video_says_its_size_and_length(tmp_path: Path) -> None:
    path = write_clip(np.zeros((8, 36, 64, 3), np.uint8), 16, tmp_path / "a.mkv")
    assert video_head(path) == (64, 36, pytest.approx(0.5), (), None)
    facts, head = probe_video(SHIPPED / "dance_pose.mp4"), video_head(SHIPPED / "dance_pose.mp4")
    assert head[:2] == (facts.width, facts.height)
    assert head.seconds == pytest.approx(facts.num_frames / facts.fps)


def test_what_is_of_another_kind_is_named(sound: Path, tmp_path: Path) -> None:
    silent = write_clip(np.zeros((2, 16, 16, 3), np.uint8), 16, tmp_path / "a.mkv")
    for head, path, told in (
        (video_head, sound, "holds no picture"),
        (audio_head, silent, "holds no sound"),
        (audio_head, tmp_path / "gone.wav", "there is no such file"),
    ):
        with pytest.raises(MediaError, match=f"{path.name}: {told}"):
            head(path)
