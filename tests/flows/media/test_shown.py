"""Frames as players show them: square pixels, whole frames, an SDR screen's colours, nothing transparent, upright."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from flows.errors import MediaError
from flows.media import StoredVideo, middle_frame, probe_video, read_video, video_head, write_clip
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


@pytest.mark.parametrize(("transfer", "name"), [("smpte2084", "pq"), ("arib-std-b67", "hlg")])
def test_hdr_has_the_colours_of_sdr(ffmpeg: Encode, tmp_path: Path, transfer: str, name: str) -> None:
    sdr = "setparams=colorspace=bt709:color_trc=bt709:color_primaries=bt709:range=tv"
    change = (
        f"scale=out_color_matrix=bt709,format=yuv444p,{sdr},zscale=t=linear:npl=203,format=gbrpf32le,"
        f"zscale=p=bt2020,zscale=t={transfer}:m=bt2020nc:r=tv:npl=203,format=yuv420p10le"
    )
    bars = colour_bars(tmp_path / "bars.mkv")
    path = ffmpeg(
        "-i", str(bars), "-vf", change, "-c:v", "libx265", "-x265-params", "log-level=error:lossless=1", "hdr.mp4"
    )
    assert probe_video(path).treated == (name,)
    for got, wanted in zip(seen(path), COLOURS, strict=True):
        off = 40 if 0 in wanted and 255 in wanted else 8  # at the edge of a gamut ten bits are coarse
        assert np.abs(np.array(got) - wanted).max() <= off, (got, wanted)


def test_highlights_of_hdr_are_pressed_and_not_cut() -> None:
    from flows.media.tone import shown

    greys = np.repeat(np.linspace(0, 1, 200)[:, None], 3, 1)
    levels = shown(greys, "pq", 9)[:, 0]
    assert np.all(np.diff(levels) >= -1e-12)
    white, brighter = shown(np.array([[0.5807, 0.5807, 0.5807], [0.70, 0.70, 0.70]]), "pq", 9)[:, 0]
    assert 0.95 < white < brighter <= 1
    assert shown(np.array([[0.5, 0.5, 0.5]]), "sdr", 12)[0] == pytest.approx([0.5, 0.5, 0.5])


def test_display_p3_is_shown_in_srgb(ffmpeg: Encode) -> None:
    tags = ("-vf", "format=yuv420p,setparams=color_primaries=smpte432:color_trc=bt709:colorspace=bt709")
    path = ffmpeg(
        "-f", "lavfi", "-i", "color=0xc83c3c:s=64x48:r=10:d=1", *tags, "-c:v", "libx264", "-qp", "0", "p3.mp4"
    )
    assert probe_video(path).treated == ("wide gamut",)
    red, green, blue = next(iter(read_video(path)))[24, 32].astype(int)
    assert red > 205
    assert max(green, blue) < 58


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


@pytest.mark.parametrize(("name", "codec"), [("i.mp4", "libx264"), ("i.mpg", "mpeg2video")])
def test_interlaced_frames_are_made_whole(ffmpeg: Encode, name: str, codec: str) -> None:
    moving = "color=white:s=96x64:r=50:d=1[b];color=black:s=16x64:r=50:d=1[f];[b][f]overlay=x=80*t:y=0"
    woven = f"{moving},tinterlace=interleave_top,fieldorder=tff"
    path = ffmpeg(
        "-f", "lavfi", "-i", woven, "-c:v", codec, "-pix_fmt", "yuv420p", "-flags", "+ildct+ilme", "-q:v", "2",
        "-g", "1", name,
    )  # fmt: skip
    assert "interlaced" in probe_video(path).treated
    with av.open(str(path)) as container:
        combed = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    whole = list(read_video(path))
    assert len(whole) == len(combed)

    def comb(frames: list[np.ndarray]) -> float:
        return float(np.mean([np.abs(np.diff(frame[8:56, :, 0].astype(int), axis=0)).mean() for frame in frames[3:-3]]))

    assert comb(whole) < comb(combed) / 3


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
