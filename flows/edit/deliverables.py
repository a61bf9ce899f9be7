"""Files of the finished film: how each is cropped, scaled and encoded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

from flows.codecs import CODECS, Codec, Options
from flows.edit.graph import Stream, ratio
from flows.edit.timeline import Timeline
from flows.media.clips import exact_rate
from flows.settings import FilmSettings
from flows.storyboard.model import Deliverable

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
    codec: Codec

    def same_as(self, other: Target) -> bool:
        """Whether both files would hold the same picture and sound."""
        return replace(self, path=other.path) == other


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
    native, codec = timeline.native, CODECS[item.video]
    cropped = _largest(aspect, *native) if aspect else native
    return Target(
        path=folder / f"{item.name}{codec.container.ending}",
        width=_even(width),
        height=_even(height),
        rate=exact_rate(item.fps) if item.fps else timeline.rate,
        crop=None if cropped == native else cropped,
        codec=codec,
    )


def conformed(picture: Stream, made: Target, rate: Fraction) -> Stream:
    """RGB frames cropped, scaled (Lanczos, in one step from the clips' size) and turned into BT.709 video range."""
    if made.crop:
        picture = picture.filter("crop", *made.crop)
    if made.rate != rate:
        picture = picture.filter("fps", fps=ratio(made.rate))
    picture = picture.filter(
        "scale",
        made.width,
        made.height,
        flags="lanczos+accurate_rnd+full_chroma_int+full_chroma_inp",
        out_color_matrix="bt709",
        out_range="tv",
    )
    tagged = {"range": "tv", "colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709"}
    return picture.filter("format", made.codec.pixels).filter("setsar", 1).filter("setparams", **tagged)


def encoding(made: Target, settings: FilmSettings) -> dict[str, str | int]:
    """ffmpeg's output options for `made`: a key frame every two seconds, tags of BT.709, header first."""
    options: dict[str, str | int] = {**made.codec.options, **made.codec.sound, **BT709, "ar": 48_000}
    if made.codec.crf_shift is not None:
        options |= {"crf": settings.crf + made.codec.crf_shift, "g": round(2 * made.rate)}
    if made.codec.presets:
        options["preset"] = settings.preset
    return {**options, **made.codec.container.options}


def _largest(aspect: Fraction, width: int, height: int) -> tuple[int, int]:
    """The largest part of `width` × `height` that has `aspect`."""
    if Fraction(width, height) > aspect:
        return round(height * aspect), height
    return width, round(width / aspect)


def _even(length: int) -> int:
    return max(2, length // 2 * 2)
