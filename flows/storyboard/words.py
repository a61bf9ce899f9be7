"""The names a storyboard may use, as plain data: what renders or edits them imports the table from here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TRANSITIONS: Mapping[str, str] = MappingProxyType(
    {
        "cut": "the next shot starts at once; no duration",
        "dissolve": "one picture melts into the other; within 0.2 s if the shot continues the one before it",
        "fade": "through black",
        "fadewhite": "through white",
        "wipeleft": "an edge moves to the left and uncovers the next shot",
        "wiperight": "an edge moves to the right",
        "wipeup": "an edge moves up",
        "wipedown": "an edge moves down",
        "slideleft": "the next shot pushes in from the right",
        "slideright": "the next shot pushes in from the left",
        "slideup": "the next shot pushes in from below",
        "slidedown": "the next shot pushes in from above",
        "circleopen": "a circle opens on the next shot",
        "circleclose": "a circle closes over the shot before",
        "radial": "a hand sweeps round like a clock's",
    }
)
"""Ways into a shot. `flows.edit` has one line for each."""

CONTINUITY: Mapping[str, str] = MappingProxyType(
    {
        "last_frame": "starts from the last frame that is seen of the other shot alone",
        "overlap": "goes on from its last `frames` frames",
        "keyframes": "is held to frames picked from it",
        "reference": "takes it as a reference for looks, not for the first frame",
    }
)
"""What a shot takes over from another one."""

MOTION_MODES: Mapping[str, str] = MappingProxyType(
    {
        "animate": "the person in `image` moves as the video does",
        "replace": "the person in the video is replaced by the one in `image`",
    }
)

VIDEO_CODECS: Mapping[str, str] = MappingProxyType(
    {
        "h264": "plays everywhere",
        "h265": "half the size of h264 at the same quality",
        "av1": "smallest; newer players",
        "vp9": "for the web, free of licences",
        "prores": "for an editing program",
    }
)

EXPERTS: Mapping[str, str] = MappingProxyType(
    {
        "both": "all steps",
        "high": "the high-noise expert: the early steps, layout and motion",
        "low": "the low-noise expert: the late steps, details",
    }
)
"""Which of a variant's experts a LoRA is laid on."""

SOLVERS: Mapping[str, str] = MappingProxyType(
    {
        "unipc": "UniPC, the reference's default",
        "dpmpp": "DPM++",
        "euler": "Euler, which the 4-step LoRAs were distilled with",
    }
)

FILTERS: Mapping[str, str] = MappingProxyType(
    {
        "title": "Every Word Begins Large",
        "upper": "ALL LARGE",
        "lower": "all small",
        "capitalize": "First letter large, the rest small",
        "trim": "no spaces at the ends",
        "replace": "`replace('a', 'b')`: each a becomes b",
        "default": "`default('x')`: x where the variable is not set",
    }
)
"""What may follow a `|` in a template."""

FROM_IMAGE = "from_image"
"""Instead of a film's size: it follows the first picture."""

NONE = "none"
"""Written where something inherited is not wanted: `continuity: none`."""

PREVIOUS = "previous"
"""The shot before, in the same scene."""

ID = "[a-z][a-z0-9_-]*"
"""Ids of scenes, shots, cast members and deliverables."""

VARIABLE = "[A-Za-z_][A-Za-z0-9_]*"
"""Names of variables."""
