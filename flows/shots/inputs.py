"""What a shot can bring beside words: one table, a row an input. Reading files, checks, the plan and warnings loop over
it. A new input is a field of `Shot`, its line in the language, and a row here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, groupby
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from flows.errors import Place
from flows.storyboard.context import AssetKind
from flows.storyboard.model import ContinuityKind, Shot
from wan.frames.camera import parse_camera
from wan.inputs import DRIVEN, Use
from wan.variants import Variant

TEXT, IMAGE, BOTH = "t2v-a14b", "i2v-a14b", "ti2v-5b"
SPEECH, ANIMATE, CONTROL = "s2v-14b", "animate-14b", "vace-fun-a14b"

Kind: TypeAlias = AssetKind | Literal["frame", "words"]
"""A file, by what is in it; a frame of another shot; or words that a variant takes as more than a prompt."""


@dataclass(frozen=True, slots=True)
class End:
    """What happens when a file ends before its shot (`early`) and when the shot ends before it (`late`; empty: nothing
    worth a word). `needed`: every clip of the shot needs a part of it, so it must reach into the last one."""

    early: str
    late: str = ""
    needed: bool = False


SILENT = End("the rest of the shot is silent", late="its end is not heard")
BACKWARDS = End("from there the motion runs backwards")
HELD = End("its last frame stands for the rest", needed=True)


@dataclass(frozen=True, kw_only=True)
class Input:
    """One input of a shot.

    - `key`: where it is written, and where it lies in `Shot`: `control.video` is `shot.control.video`. `each`: of a
      list of things, the attribute that is the file. `at`: where its problems are shown, if elsewhere.
    - `kind`: what it is.
    - `fills`: the fields of `wan.request.ClipRequest` that are made of it. `medium`: what a clip of the plan calls it,
      if that is not the first of them. `option`: the key that says what else is made of it.
    - `use`: what it asks of a variant; None: every variant can use it. `spare`: one that cannot leaves it aside.
    - `meets`: which need of a variant it meets (`Variant.needs`).
    - `auto`: the variant that `variant: auto` takes for it. `beside`: why that variant needs a picture beside it.
    - `drives`: a shot without a duration is as long as it.
    - `end`: what happens at its end, or the shot's.
    - `over`: the key of the video that it lies over: both are cropped alike.
    - `shown`: the model goes on from it as it is, so it should look like what the model was trained on.
    - `given`: whether a shot has it, where it is no file; of several rows with one key, the one that it has.
    """

    key: str
    kind: Kind
    fills: tuple[str, ...]
    use: Use | None
    meets: str = ""
    auto: str | None = None
    each: str = ""
    at: str = ""
    medium: str = ""
    option: str = ""
    spare: bool = False
    beside: str = ""
    drives: bool = False
    end: End | None = None
    over: str = ""
    shown: bool = False
    given: Callable[[Shot], bool] | None = None

    @cached_property
    def group(self) -> str:
        """The key of the shot that it is written under: `control` of `control.video`."""
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        """What a clip of the plan calls it (`flows.planning.model.Medium`)."""
        return self.medium or self.fills[0]

    @cached_property
    def _value(self) -> Callable[[Shot], Any]:
        return attrgetter(self.key)

    def _things(self, shot: Shot) -> tuple[Any, ...]:
        """What the shot holds at the key, one or several."""
        if self.given is not None or not getattr(shot, self.group):
            return ()
        value = self._value(shot)
        return value if isinstance(value, tuple) else () if value is None else (value,)

    def files(self, shot: Shot) -> tuple[Path, ...]:
        """Its files in the shot."""
        things = self._things(shot)
        return tuple(path for one in things if (path := getattr(one, self.each))) if self.each else things

    def uses(self, shot: Shot) -> Iterator[tuple[Path, Place]]:
        """Its files in the shot, and where each is named."""
        for one in self._things(shot):
            path: Path | None = getattr(one, self.each) if self.each else one
            if path is not None:
                yield path, getattr(one, "place", None) or shot.where(self.at or self.key)

    def option_of(self, shot: Shot) -> str:
        """What else is made of it, as the shot that has it says."""
        return str(attrgetter(self.option)(shot)) if self.option else ""


def continues_by(shot: Shot, *ways: ContinuityKind) -> bool:
    """Whether the shot takes over something of another one in one of these ways."""
    return shot.continuity is not None and shot.continuity.by in ways


def is_led(shot: Shot) -> bool:
    """Whether a control video says what is seen where."""
    return shot.control is not None and shot.control.video is not None


def names_a_path(shot: Shot) -> bool:
    """Whether the shot's camera, in words, is a path that a model can be moved along."""
    return bool(shot.camera) and not is_led(shot) and parse_camera(shot.camera or "") is not None


INPUTS: tuple[Input, ...] = (
    Input(key="image", kind="image", fills=("image",), use=Use("image"), meets="image", auto=IMAGE, shown=True),
    Input(key="end_image", kind="image", fills=("last_image",), use=Use("end_image"), auto=IMAGE, shown=True),
    Input(
        key="continuity",
        kind="frame",
        fills=("image", "before"),
        use=Use("continuity"),
        meets="image",
        auto=IMAGE,
        given=lambda shot: continues_by(shot, "last_frame", "keyframes"),
    ),
    Input(
        key="continuity",
        kind="frame",
        fills=("before",),
        use=Use("overlap"),
        meets="control",
        auto=CONTROL,
        given=lambda shot: continues_by(shot, "overlap"),
    ),
    Input(
        key="continuity",
        kind="frame",
        fills=("references",),
        use=Use("references"),
        meets="control",
        auto=CONTROL,
        given=lambda shot: continues_by(shot, "reference"),
    ),
    Input(
        key="leads_to",
        kind="frame",
        fills=("image", "last_image"),
        use=Use("end_image"),
        meets="image",
        auto=IMAGE,
        given=lambda shot: shot.leads_to is not None,
    ),
    Input(
        key="audio",
        kind="audio",
        fills=("audio",),
        use=Use("audio"),
        meets="audio",
        auto=SPEECH,
        beside="speech needs the picture of a person",
        drives=True,
        end=SILENT,
    ),
    Input(
        key="motion.video",
        kind="video",
        fills=("pose", "face", "background", "mask"),
        medium="motion",
        option="motion.mode",
        use=DRIVEN,
        meets="motion",
        auto=ANIMATE,
        beside="a motion needs the picture of the person who shall move",
        drives=True,
        end=BACKWARDS,
        shown=True,
    ),
    Input(
        key="motion.pose", kind="video", fills=("pose",), use=Use("motion"), meets="motion", drives=True, end=BACKWARDS
    ),
    Input(key="motion.face", kind="video", fills=("face",), use=DRIVEN),
    Input(
        key="motion.background",
        kind="video",
        fills=("background",),
        use=DRIVEN,
        over="motion.pose",
    ),
    Input(key="motion.mask", kind="video", fills=("mask",), use=DRIVEN, over="motion.pose"),
    Input(
        key="control.video",
        kind="video",
        fills=("control",),
        use=Use("control"),
        meets="control",
        auto=CONTROL,
        drives=True,
        end=HELD,
    ),
    Input(key="control.mask", kind="video", fills=("mask",), use=Use("control"), end=HELD, over="control.video"),
    Input(key="control.references", kind="image", fills=("references",), use=Use("references"), meets="control"),
    Input(
        key="cast",
        each="reference",
        at="prompt",
        kind="image",
        fills=("references",),
        use=Use("references"),
        spare=True,
        meets="control",
    ),
    Input(
        key="camera",
        kind="words",
        fills=("camera",),
        use=Use("control"),
        spare=True,
        meets="control",
        given=names_a_path,
    ),
    Input(key="video.file", kind="video", fills=("video",), use=Use("video"), drives=True, end=HELD, shown=True),
    Input(key="anchor.to", kind="image", fills=(), use=None),
    Input(key="loras", each="file", kind="lora", fills=("loras",), use=None),
)
"""Inputs of one key stand together. The first says what is asked of a variant for the key itself, and which `auto`
takes. The order is also that of a clip's media."""

GROUPS: Mapping[str, tuple[Input, ...]] = MappingProxyType(
    {group: tuple(rows) for group, rows in groupby(INPUTS, key=lambda row: row.group)}
)
"""The rows by the key of the shot they are written under."""


_ROWS = tuple(GROUPS.items())
_VALUES = attrgetter(*GROUPS)


def written(shot: Shot) -> list[tuple[str, tuple[Input, ...]]]:
    """The keys that the shot has, each with its rows. Asked often: of a shot without any it costs next to nothing."""
    return list(compress(_ROWS, _VALUES(shot)))


def brought(shot: Shot) -> list[tuple[Input, tuple[Path, ...]]]:
    """What the shot brings, in the order of the table, and the files of each."""
    return [
        (row, files)
        for _, rows in written(shot)
        for row in rows
        if (files := row.files(shot)) or (row.given is not None and row.given(shot))
    ]


def _given(shot: Shot, rows: Iterable[Input]) -> list[Input]:
    """Those of the rows that the shot may have: of what is no file, those that it has."""
    return [row for row in rows if row.given is None or row.given(shot)]


def asked_of_a_variant(shot: Shot) -> dict[str, frozenset[str]]:
    """By key, what a variant must be able to use for it (`Variant.inputs`)."""
    asked: dict[str, frozenset[str]] = {}
    for group, rows in written(shot):
        first, *others = _given(shot, rows) or rows
        if first.use is not None and not first.spare:
            more = (row.use.asks for row in others if row.use is not None and row.files(shot))
            asked[group] = frozenset([first.use.asks, *more])
    return asked


def called(shot: Shot, key: str) -> str:
    """What people call what a shot brings at a key: of continuity also the way, unless it is the usual one."""
    by = shot.continuity.by if key == "continuity" and shot.continuity else "last_frame"
    return key if by == "last_frame" else f"{key} by {by}"


def place_key(shot: Shot, key: str) -> str:
    """Where to say that it cannot be used: of continuity its way, unless it is the usual one."""
    return key if called(shot, key) == key else f"{key}.by"


def media_of(shot: Shot, variant: Variant) -> list[tuple[Input, Path]]:
    """Sounds, videos and references of the shot that drive the variant, each once."""
    inputs: dict[tuple[str, Path], Input] = {}
    for row, files in brought(shot):
        if row.use is not None and row.use.by(variant) and row.name not in _PICTURES:
            for path in files:
                inputs.setdefault((row.name, path), row)
    return [(row, path) for (_, path), row in inputs.items()]


_PICTURES = frozenset({"image", "last_image"})
"""Of one clip, not of the whole shot: the first and the last one have them (`flows.planning.takes`)."""


def references(shot: Shot) -> tuple[Path, ...]:
    """The pictures of what should appear, for a variant that can be shown some; each once."""
    return tuple(dict.fromkeys(path for row, files in brought(shot) if "references" in row.fills for path in files))


def driver(shot: Shot) -> tuple[Input, Path] | None:
    """The sound or video that a shot without a duration is as long as."""
    return next(((row, files[0]) for row, files in brought(shot) if row.drives), None)


def ending(shot: Shot) -> Iterator[tuple[Input, Path, End]]:
    """The files that may end before the shot or after it. Of several that could drive it, the one that does."""
    driven = False
    for row, files in brought(shot):
        if row.end is not None and not (row.drives and driven):
            yield from ((row, path, row.end) for path in files)
        driven = driven or row.drives


def layers(shot: Shot) -> Iterator[tuple[Input, Path, Path]]:
    """Each video that lies over another one, with both files: its own, and the one below."""
    by_key = {row.key: (row, files[0]) for row, files in brought(shot) if files}
    return ((row, path, by_key[row.over][1]) for row, path in by_key.values() if row.over in by_key)


def shown_as_it_is(shot: Shot) -> list[tuple[Input, Path]]:
    """The pictures and videos that a model goes on from as they are."""
    return [(row, path) for row, files in brought(shot) if row.shown for path in files]
