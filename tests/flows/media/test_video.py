"""Clips on disk: lossless, whole or not there at all, and the same bytes for the same frames."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from flows.errors import MediaError
from flows.media import (
    ClipWriter,
    frames_at,
    frames_digest,
    middle_frame,
    probe_audio,
    probe_video,
    read_video,
    write_clip,
)
from flows.media.clips import exact_rate
from tests.flows.media.conftest import Encode


def noise(frames: int = 5, height: int = 18, width: int = 32) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (frames, height, width, 3), dtype=np.uint8)


def test_a_clip_gives_back_every_bit(tmp_path: Path) -> None:
    frames = noise()
    path = write_clip(frames, 24.0, tmp_path / "clip.mkv")
    assert np.array_equal(np.stack(list(read_video(path))), frames)
    assert frames_digest(read_video(path)) == frames_digest(frames)


def test_odd_sizes_are_lossless_too(tmp_path: Path) -> None:
    frames = noise(3, 17, 31)
    assert np.array_equal(np.stack(list(read_video(write_clip(frames, 16.0, tmp_path / "odd.mkv")))), frames)


def test_the_same_frames_make_the_same_file(tmp_path: Path) -> None:
    one, two = (write_clip(noise(), 24.0, tmp_path / name).read_bytes() for name in ("a.mkv", "b.mkv"))
    assert hashlib.sha256(one).digest() == hashlib.sha256(two).digest()


def test_one_changed_bit_changes_the_digest() -> None:
    changed = noise()
    changed[2, 3, 4, 1] ^= 1
    assert frames_digest(changed) != frames_digest(noise())


@pytest.mark.parametrize("fps", [16.0, 24.0, 30.0, 23.976])
def test_facts_are_counted(tmp_path: Path, fps: float) -> None:
    facts = probe_video(write_clip(noise(7), fps, tmp_path / "clip.mkv"))
    assert (facts.width, facts.height, facts.num_frames) == (32, 18, 7)
    assert facts.fps == pytest.approx(fps, rel=1e-3)


def test_frames_are_found_by_number_in_the_order_asked(tmp_path: Path) -> None:
    path = write_clip(noise(), 24.0, tmp_path / "clip.mkv")
    assert [frame[0, 0].tolist() for frame in frames_at(path, [3, 0])] == [noise()[i][0, 0].tolist() for i in (3, 0)]
    with pytest.raises(MediaError, match="no frame 5"):
        frames_at(path, [5])


def test_a_frame_of_the_middle_is_found_without_decoding_what_comes_before(tmp_path: Path) -> None:
    frames = noise(9)
    path = write_clip(frames, 24.0, tmp_path / "clip.mkv")
    assert any(np.array_equal(middle_frame(path), frame) for frame in frames[3:6])
    data = bytearray(path.read_bytes())
    start = data.index(b"\x1f\x43\xb6\x75")  # the first cluster of Matroska: the frames begin here
    data[start + 200 : start + (len(data) - start) // 4] = bytes((len(data) - start) // 4 - 200)
    path.write_bytes(data)
    assert any(np.array_equal(middle_frame(path), frame) for frame in frames[3:6])
    with pytest.raises(MediaError, match="no such file"):
        middle_frame(tmp_path / "gone.mkv")


def test_a_clip_that_was_not_finished_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> None:
        with ClipWriter(tmp_path / "clip.mkv", 24.0, width=32, height=18) as writer:
            writer.write(noise()[0])
            writer.write(noise(1, 4, 4)[0])

    with pytest.raises(ValueError, match="a frame of"):
        broken()
    assert list(tmp_path.iterdir()) == []


def test_a_truncated_clip_has_no_last_frame(tmp_path: Path) -> None:
    path = write_clip(noise(), 24.0, tmp_path / "clip.mkv")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MediaError, match=r"clip\.mkv"):
        frames_at(path, [4])


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("no video")
    with pytest.raises(MediaError, match=r"a\.mp4"):
        probe_video(tmp_path / "a.mp4")
    with pytest.raises(MediaError, match="no such file"):
        list(read_video(tmp_path / "b.mp4"))


def test_a_playlist_cannot_make_the_reader_open_other_files(tmp_path: Path) -> None:
    write_clip(noise(), 24.0, tmp_path / "secret.mkv")
    (tmp_path / "a.mp4").write_text("ffconcat version 1.0\nfile secret.mkv\n")
    with pytest.raises(MediaError):
        probe_video(tmp_path / "a.mp4")


def test_rates_of_broadcasters_are_exact() -> None:
    assert exact_rate(24.0) == 24
    assert exact_rate(23.976) == Fraction(24000, 1001)
    assert exact_rate(29.97) == Fraction(30000, 1001)
    assert exact_rate(12.5) == Fraction(25, 2)


def test_importing_the_package_loads_neither_pillow_nor_av() -> None:
    code = "import sys, flows.media; print([m for m in ('av', 'PIL', 'numpy', 'torch') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


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
