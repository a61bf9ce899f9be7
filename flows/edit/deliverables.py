"""Files of the finished film: how each is cropped, scaled and encoded. A new codec is one line in `ENCODERS`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

from flows.edit.timeline import Timeline
from flows.media.clips import exact_rate
from flows.settings import FilmSettings
from flows.storyboard.model import Deliverable

Options = Mapping[str, str | int]
Stream = Any


AAC: Options = MappingProxyType({"c:a": "aac", "b:a": "192k"})


@dataclass(frozen=True, slots=True)
class Encoder:
    """ffmpeg's options for a codec. `crf_shift`: how far its CRF lies from H.264's for a like picture."""

    options: Options
    pixels: str = "yuv420p"
    suffix: str = ".mp4"
    sound: Options = field(default_factory=lambda: AAC)
    crf_shift: int | None = 0
    presets: bool = False


ENCODERS: Mapping[str, Encoder] = MappingProxyType(
    {
        "h264": Encoder({"c:v": "libx264", "profile:v": "high"}, presets=True),
        "h265": Encoder(
            {"c:v": "libx265", "tag:v": "hvc1", "x265-params": "log-level=error"}, presets=True, crf_shift=4
        ),
        "av1": Encoder({"c:v": "libsvtav1", "preset": 8, "svtav1-params": "lp=2"}, crf_shift=14),
        "vp9": Encoder({"c:v": "libvpx-vp9", "b:v": 0, "cpu-used": 4, "row-mt": 1}, crf_shift=13),
        "prores": Encoder(
            {"c:v": "prores_ks", "profile:v": 3, "vendor": "apl0"},
            pixels="yuv422p10le",
            suffix=".mov",
            sound=MappingProxyType({"c:a": "pcm_s16le"}),
            crf_shift=None,
        ),
    }
)

FILM = Deliverable(name="film")
"""film.mp4: the film at its own size and rate, H.264."""

BT709: Options = MappingProxyType(
    {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709", "color_range": "tv"}
)


@dataclass(frozen=True, slots=True)
class Target:
    """One file to write: even `width` × `height` at `rate`, from the middle `crop` (width, height) of the picture."""

    path: Path
    width: int
    height: int
    rate: Fraction
    crop: tuple[int, int] | None
    encoder: Encoder

    def same_as(self, other: Target) -> bool:
        """Whether both files would hold the same picture and sound."""
        return (self.width, self.height, self.rate, self.crop, self.encoder) == (
            other.width,
            other.height,
            other.rate,
            other.crop,
            other.encoder,
        )


def target(timeline: Timeline, item: Deliverable, folder: Path) -> Target:
    """What `item` means for this film.

    Another aspect is cut from the middle, never padded: a phone's screen is filled. With an aspect alone the height of
    the film is kept.
    """
    aspect = Fraction(*item.aspect) if item.aspect else None
    if item.size:
        width, height = item.size.width, item.size.height
        aspect = Fraction(width, height)
    elif aspect:
        width, height = _largest(aspect, timeline.width, timeline.height)
    else:
        width, height = timeline.width, timeline.height
    native = timeline.native
    cropped = _largest(aspect, *native) if aspect else native
    return Target(
        path=folder / f"{item.name}{ENCODERS[item.video].suffix}",
        width=_even(width),
        height=_even(height),
        rate=exact_rate(item.fps) if item.fps else timeline.rate,
        crop=None if cropped == native else cropped,
        encoder=ENCODERS[item.video],
    )


def conformed(picture: Stream, made: Target, rate: Fraction) -> Stream:
    """RGB frames cropped, scaled (Lanczos, in one step from the clips' size) and turned into BT.709 video range."""
    if made.crop:
        picture = picture.filter("crop", *made.crop)
    if made.rate != rate:
        picture = picture.filter("fps", fps=f"{made.rate.numerator}/{made.rate.denominator}")
    picture = picture.filter(
        "scale",
        made.width,
        made.height,
        flags="lanczos+accurate_rnd+full_chroma_int+full_chroma_inp",
        out_color_matrix="bt709",
        out_range="tv",
    )
    tagged = {"range": "tv", "colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709"}
    return picture.filter("format", made.encoder.pixels).filter("setsar", 1).filter("setparams", **tagged)


def encoding(made: Target, settings: FilmSettings) -> dict[str, str | int]:
    """ffmpeg's output options for `made`: a key frame every two seconds, tags of BT.709, header first."""
    options: dict[str, str | int] = {**made.encoder.options, **made.encoder.sound, **BT709, "ar": 48_000}
    if made.encoder.crf_shift is not None:
        options |= {"crf": settings.crf + made.encoder.crf_shift, "g": round(2 * made.rate)}
    if made.encoder.presets:
        options["preset"] = settings.preset
    return options | {"movflags": "+faststart"}


def _largest(aspect: Fraction, width: int, height: int) -> tuple[int, int]:
    """The largest part of `width` × `height` that has `aspect`."""
    if Fraction(width, height) > aspect:
        return round(height * aspect), height
    return width, round(width / aspect)


def _even(length: int) -> int:
    return max(2, length // 2 * 2)
