"""The files that a film is delivered in: containers, and one row a codec with its container, options and words.

The language, its schema and reference, and the edit are all made from this table: a new codec is one row here and the
generated files. Values alone; `flows.edit.deliverables` makes ffmpeg's options of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Options = Mapping[str, str | int]
"""ffmpeg's options of an output, by name without the dash."""


@dataclass(frozen=True, slots=True)
class Container:
    """`ending` of its files, ffmpeg's `options`, and the `captions` codec of its subtitle track.

    The mark of AI is a box of MP4 and QuickTime (`flows.edit.marks`): another family of containers needs its own.
    """

    ending: str
    captions: str = "mov_text"
    options: Options = field(default_factory=lambda: MappingProxyType({"movflags": "+faststart"}))


MP4, MOV = Container(".mp4"), Container(".mov")

AAC: Options = MappingProxyType({"c:a": "aac", "b:a": "192k"})
PCM: Options = MappingProxyType({"c:a": "pcm_s16le"})


@dataclass(frozen=True, slots=True)
class Codec:
    """`help`: what it is for. `options`: ffmpeg's, of the picture; `sound`: of the sound.

    `crf_shift`: how far its CRF lies from H.264's for a like picture; None: it has none. `presets`: it knows x264's.
    """

    help: str
    options: Options
    container: Container = MP4
    pixels: str = "yuv420p"
    sound: Options = field(default_factory=lambda: AAC)
    crf_shift: int | None = 0
    presets: bool = False


CODECS: Mapping[str, Codec] = MappingProxyType(
    {
        "h264": Codec("plays everywhere", {"c:v": "libx264", "profile:v": "high"}, presets=True),
        "h265": Codec(
            "half the size of h264 at the same quality",
            {"c:v": "libx265", "tag:v": "hvc1", "x265-params": "log-level=error"},
            presets=True,
            crf_shift=4,
        ),
        "av1": Codec(
            "smallest; newer players", {"c:v": "libsvtav1", "preset": 8, "svtav1-params": "lp=2"}, crf_shift=14
        ),
        "vp9": Codec(
            "for the web, free of licences",
            {"c:v": "libvpx-vp9", "b:v": 0, "cpu-used": 4, "row-mt": 1},
            crf_shift=13,
        ),
        "prores": Codec(
            "for an editing program",
            {"c:v": "prores_ks", "profile:v": 3, "vendor": "apl0"},
            container=MOV,
            pixels="yuv422p10le",
            sound=PCM,
            crf_shift=None,
        ),
    }
)
"""Every codec by its name in the storyboard."""
