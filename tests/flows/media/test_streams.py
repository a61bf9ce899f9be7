"""Which stream of a file is its picture, and the shape of its pixels."""

from __future__ import annotations

import numpy as np
import pytest

from flows.errors import MediaError
from flows.media import middle_frame, probe_video, read_video, video_head
from tests.flows.media.conftest import Encode

BARS = "testsrc2=s=64x48:r=10:d=1"


def test_pixels_that_are_not_square_are_made_so(ffmpeg: Encode) -> None:
    path = ffmpeg("-f", "lavfi", "-i", BARS, "-vf", "setsar=16/11", "-c:v", "libx264", "wide.mp4")
    facts = probe_video(path)
    assert (facts.width, facts.height, facts.treated) == (93, 48, ("pixel shape",))
    assert video_head(path)[:2] == (93, 48)
    assert next(iter(read_video(path))).shape == middle_frame(path).shape == (48, 93, 3)
    nearly = ffmpeg("-f", "lavfi", "-i", BARS, "-vf", "setsar=201/200", "-c:v", "libx264", "nearly.mp4")
    assert (probe_video(nearly).width, probe_video(nearly).treated) == (64, ())
    absurd = ffmpeg("-f", "lavfi", "-i", BARS, "-vf", "setsar=20/1", "-c:v", "libx264", "absurd.mp4")
    with pytest.raises(MediaError, match="20 times as wide"):
        video_head(absurd)


def test_a_cover_is_no_video(ffmpeg: Encode) -> None:
    both = ("-f", "lavfi", "-i", BARS, "-f", "lavfi", "-i", "sine=d=1")
    film = ffmpeg(*both, "-c:v", "libx264", "-c:a", "aac", "film.mp4")
    cover = ffmpeg("-f", "lavfi", "-i", "color=red:s=300x300", "-frames:v", "1", "cover.png")
    first = ("-i", str(film), "-i", str(cover), "-map", "1:v", "-map", "0", "-c", "copy", "-disposition:v:0")
    covered = ffmpeg(*first, "attached_pic", "covered.mp4")
    assert np.array_equal(np.stack(list(read_video(covered))), np.stack(list(read_video(film))))
    parts = ("-map", "0:a", "-map", "1:v", "-c", "copy", "-disposition:v:0", "attached_pic")
    song = ffmpeg("-i", str(film), "-i", str(cover), *parts, "song.m4a")
    for look in (probe_video, video_head):
        with pytest.raises(MediaError, match="only a cover"):
            look(song)


def test_of_several_videos_the_default_one_is_shown(ffmpeg: Encode) -> None:
    large = ("-f", "lavfi", "-i", "testsrc=s=128x96:r=10:d=1")
    maps = ("-map", "0", "-map", "1", "-c:v", "libx264")
    marked = ffmpeg(
        "-f", "lavfi", "-i", BARS, *large, *maps, "-disposition:v:0", "0", "-disposition:v:1", "default", "b.mkv"
    )
    facts = probe_video(marked)
    assert (facts.width, facts.treated) == (128, ("streams",))
    first = ffmpeg(
        "-f", "lavfi", "-i", BARS, *large, *maps, "-disposition:v:0", "default", "-disposition:v:1", "0", "a.mkv"
    )
    assert (probe_video(first).width, probe_video(first).treated) == (64, ())
