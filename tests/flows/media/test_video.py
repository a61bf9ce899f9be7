"""Videos on disk: their facts, and their frames by number."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from flows.errors import MediaError
from flows.media import (
    frames_at,
    middle_frame,
    probe_video,
    read_video,
    write_clip,
)
from tests.flows.media.conftest import noise


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


def test_importing_the_package_loads_neither_pillow_nor_av() -> None:
    code = "import sys, flows.media; print([m for m in ('av', 'PIL', 'numpy', 'torch') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
