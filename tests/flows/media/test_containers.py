"""Files of strangers: what holds its own data is opened, everything else is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.errors import MediaError
from flows.media import (
    probe_audio,
    probe_video,
    write_clip,
)
from tests.flows.media.conftest import Encode, noise


def test_a_playlist_cannot_make_the_reader_open_other_files(tmp_path: Path) -> None:
    write_clip(noise(), 24.0, tmp_path / "secret.mkv")
    (tmp_path / "a.mp4").write_text("ffconcat version 1.0\nfile secret.mkv\n")
    with pytest.raises(MediaError):
        probe_video(tmp_path / "a.mp4")


@pytest.mark.parametrize(
    ("name", "called"),
    [("a.flv", "a Flash video"), ("a.wmv", "a Windows Media file"), ("a.mxf", "an MXF file"), ("a.nut", "a NUT file")],
)
def test_a_container_that_is_not_read_is_named(ffmpeg: Encode, name: str, called: str) -> None:
    coding = ("-c:v", "mpeg2video") if name == "a.mxf" else ()
    path = ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.4", *coding, name)
    with pytest.raises(MediaError, match=f"{called}.*, which is not read") as refused:
        probe_video(path)
    assert "convert it to MP4" in (refused.value.fix or "")


@pytest.mark.parametrize(
    ("name", "called"),
    [("a.ac3", "an AC-3 sound"), ("a.caf", "a Core Audio file"), ("a.au", "an AU sound"), ("a.wv", "a WavPack sound")],
)
def test_a_sound_that_is_not_read_is_named(ffmpeg: Encode, name: str, called: str) -> None:
    path = ffmpeg("-f", "lavfi", "-i", "sine=d=0.4", name)
    with pytest.raises(MediaError, match=f"{called}.*, which is not read"):
        probe_audio(path)
