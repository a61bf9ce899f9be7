"""Frames as players show them: square pixels, whole frames, an SDR screen's colours, nothing transparent, upright."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from flows.media import StoredVideo, probe_video, read_video, video_head, write_clip
from tests.flows.media.conftest import Encode

BARS = "testsrc2=s=64x48:r=10:d=1"
COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (128, 128, 128), (230, 185, 165), (0, 0, 0))


def colour_bars(path: Path) -> Path:
    frame = np.repeat(np.repeat(np.array(COLOURS, np.uint8)[None], 48, 0), 16, 1)
    return write_clip(frame[None].repeat(4, 0), 10, path)


def seen(path: Path) -> list[list[int]]:
    frame = next(iter(read_video(path)))
    return [frame[24, 8 + 16 * n].tolist() for n in range(len(COLOURS))]


def test_what_is_plain_is_treated_in_no_way(ffmpeg: Encode) -> None:
    for name in ("v.mp4", "v.mkv", "v.webm"):
        path = ffmpeg("-f", "lavfi", "-i", BARS, "-pix_fmt", "yuv420p", name)
        with av.open(str(path)) as container:
            plain = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert probe_video(path).treated == video_head(path).treated == ()
        assert np.array_equal(np.stack(list(read_video(path))), np.stack(plain))
        assert np.array_equal(StoredVideo(path, "", 10.0).frames(0, 10), np.stack(plain))


def test_transparent_videos_lie_over_black(ffmpeg: Encode) -> None:
    half = "format=yuva444p,geq=lum=200:cb=128:cr=128:a='if(lt(X,32),255,0)'"
    for name, coding in (
        ("a.mov", ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")),
        ("a.webm", ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p")),
        ("a8.webm", ("-c:v", "libvpx", "-auto-alt-ref", "0", "-pix_fmt", "yuva420p")),
    ):
        path = ffmpeg("-f", "lavfi", "-i", BARS, "-vf", half, *coding, name)
        assert probe_video(path).treated == video_head(path).treated == ("transparent",)
        frame = StoredVideo(path, "", 10.0).frames(2, 3)[0]
        assert frame[24, 8].min() > 180
        assert frame[24, 56].max() < 12


def test_mirrored_videos_are_shown_as_they_are_meant(ffmpeg: Encode) -> None:
    plain = ffmpeg("-f", "lavfi", "-i", BARS, "-c:v", "libx264", "plain.mp4")
    flipped = ffmpeg("-display_hflip", "-i", str(plain), "-c", "copy", "flipped.mp4")
    lying = ffmpeg("-display_rotation", "90", "-display_hflip", "-i", str(plain), "-c", "copy", "lying.mp4")
    stored = np.stack(list(read_video(plain)))
    assert probe_video(flipped).treated == ("mirrored",)
    assert np.array_equal(np.stack(list(read_video(flipped))), stored[:, :, ::-1])
    shown = np.stack(list(read_video(lying)))
    assert shown.shape[1:] == (64, 48, 3)
    assert any(
        np.array_equal(shown, turned) for turned in (stored.swapaxes(1, 2), stored.swapaxes(1, 2)[:, ::-1, ::-1])
    )


def test_a_large_video_that_does_not_say_its_matrix_is_bt709(ffmpeg: Encode) -> None:
    for size, mark in (("1280x720", ("matrix",)), ("640x360", ())):
        red = f"color=red:s={size}:r=5:d=0.4"
        untagged = ffmpeg(
            "-f", "lavfi", "-i", red, "-vf", "scale=out_color_matrix=bt709", "-c:v", "mpeg4", "-q:v", "1", "u.avi"
        )
        assert probe_video(untagged).treated == mark
        red_seen = next(iter(read_video(untagged)))[10, 10].astype(int)
        assert (np.abs(red_seen - (255, 0, 0)).max() <= 4) == bool(mark)


@pytest.mark.parametrize("samples", ["gray", "yuvj420p", "yuv420p10le", "yuv444p"])
def test_all_kinds_of_samples_show_the_same_grey(ffmpeg: Encode, samples: str) -> None:
    path = ffmpeg("-f", "lavfi", "-i", "color=0x808080:s=63x47:r=10:d=1", "-pix_fmt", samples, "-c:v", "ffv1", "v.mkv")
    frame = next(iter(read_video(path)))
    assert frame.shape == (47, 63, 3)
    assert np.abs(frame.astype(int) - 128).max() <= 2
