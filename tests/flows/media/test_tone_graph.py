"""HDR and wide gamuts, decoded and shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flows.media import probe_video, read_video, write_clip
from tests.flows.media.conftest import Encode

BARS = "testsrc2=s=64x48:r=10:d=1"


COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (128, 128, 128), (230, 185, 165), (0, 0, 0))


def colour_bars(path: Path) -> Path:
    frame = np.repeat(np.repeat(np.array(COLOURS, np.uint8)[None], 48, 0), 16, 1)
    return write_clip(frame[None].repeat(4, 0), 10, path)


def seen(path: Path) -> list[list[int]]:
    frame = next(iter(read_video(path)))
    return [frame[24, 8 + 16 * n].tolist() for n in range(len(COLOURS))]


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


def test_display_p3_is_shown_in_srgb(ffmpeg: Encode) -> None:
    tags = ("-vf", "format=yuv420p,setparams=color_primaries=smpte432:color_trc=bt709:colorspace=bt709")
    path = ffmpeg(
        "-f", "lavfi", "-i", "color=0xc83c3c:s=64x48:r=10:d=1", *tags, "-c:v", "libx264", "-qp", "0", "p3.mp4"
    )
    assert probe_video(path).treated == ("wide gamut",)
    red, green, blue = next(iter(read_video(path)))[24, 32].astype(int)
    assert red > 205
    assert max(green, blue) < 58
