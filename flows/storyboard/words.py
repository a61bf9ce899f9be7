"""The names a storyboard may use, as plain data: what renders or edits them imports the table from here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flows.codecs import CODECS
from flows.transitions import TRANSITIONS as JOINS

TRANSITIONS: Mapping[str, str] = MappingProxyType({name: join.help for name, join in JOINS.items()})
"""Ways into a shot."""

CONTINUITY: Mapping[str, str] = MappingProxyType(
    {
        "last_frame": "starts from the last frame that is seen of the other shot alone",
        "overlap": "begins with its last `frames` frames, so that motion goes on, too (VACE)",
        "keyframes": "begins with the picture that the other shot ends on: `image` here or `end_image` there, else one "
        "that is rendered first; neither shot waits for the other",
        "reference": "is shown a frame of it for looks, and starts anew (VACE)",
    }
)
"""What a shot takes over from another one."""

ON_FAIL: Mapping[str, str] = MappingProxyType(
    {
        "warn": "a warning names the shot, the measure, its value and its budget",
        "ignore": "it stands in the report, and nothing more is said",
    }
)
"""What becomes of a join that is over budget."""

MOTION_MODES: Mapping[str, str] = MappingProxyType(
    {
        "animate": "the person in `image` moves as the video does",
        "replace": "the person in the video is replaced by the one in `image`",
    }
)

VIDEO_CODECS: Mapping[str, str] = MappingProxyType({name: codec.help for name, codec in CODECS.items()})
"""How a file of the film is coded."""

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
        "choose": "`choose('en', 'Hello', 'de', 'Hallo')`: the text beside the value; for every value one",
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
