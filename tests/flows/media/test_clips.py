"""Lossless clips: whole or not there at all, and the same bytes for the same frames."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from flows.media import (
    ClipWriter,
    frames_digest,
    read_video,
    write_clip,
)
from flows.media.clips import exact_rate
from tests.flows.media.conftest import noise


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


def test_a_clip_that_was_not_finished_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> None:
        with ClipWriter(tmp_path / "clip.mkv", 24.0, width=32, height=18) as writer:
            writer.write(noise()[0])
            writer.write(noise(1, 4, 4)[0])

    with pytest.raises(ValueError, match="a frame of"):
        broken()
    assert list(tmp_path.iterdir()) == []


def test_rates_of_broadcasters_are_exact() -> None:
    assert exact_rate(24.0) == 24
    assert exact_rate(23.976) == Fraction(24000, 1001)
    assert exact_rate(29.97) == Fraction(30000, 1001)
    assert exact_rate(12.5) == Fraction(25, 2)
