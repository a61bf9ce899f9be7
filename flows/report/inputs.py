"""What a shot was made from, to be looked at: pictures, a frame of each video, the shape of its sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flows.clips import HandOff
from flows.errors import MediaError, StoreError
from flows.media import frames_at, load_image, middle_frame, read_audio
from flows.planning.model import Plan, Take
from flows.planning.motion import PREPARED
from flows.report.frames import jpeg_uri
from flows.store import Store
from flows.store.handed import handing_clips
from flows.store.prepared import prepared

if TYPE_CHECKING:
    from flows.report.frames import Frame

WIDTH = 240
"""Pixels of a picture, at most."""
BARS = 240
"""Of a sound's shape."""


@dataclass(frozen=True, slots=True)
class Input:
    """`what` it is to the shot, the `file` it is from, and a picture of it (data URI)."""

    what: str
    file: str
    picture: str | None


class Inputs:
    """Of the shots of one report: each file is looked at once, however many shots it is used in."""

    def __init__(self, plan: Plan, store: Store) -> None:
        self._plan = plan
        self._store = store
        self._pictures: dict[str, str | None] = {}
        self._stills = {still.takes[0].fingerprint: still.id for still in plan.stills_of(plan.shots)}

    def of(self, take: Take) -> tuple[Input, ...]:
        """Pictures and videos of the shot, in the order it uses them. What is not there any more is only named."""
        return tuple(self._inputs(take))

    def _inputs(self, take: Take) -> Iterator[Input]:
        first, last = take.clips[0].spec, take.clips[-1].spec
        if first.image is not None:
            yield self._given("Picture", first.image)
        yield from self._keyframe("Keyframe", first.hand_off)
        if last.last_image is not None:
            yield self._given("Last picture", last.last_image)
        yield from self._keyframe("Last keyframe", last.ends_on)
        if first.anchor is not None and first.anchor.picture is not None:
            yield self._given("Colours", first.anchor.picture)
        if first.hand_off is not None and first.hand_off.what == "reference":
            yield Input("Reference", "a frame of another shot", self._handed_off(first.hand_off))
        for medium in first.media:
            if medium.name == PREPARED:
                for name, digest in (prepared(self._store, medium.digest) or {}).items():
                    picture = self._picture(digest, partial(self._store.local_path, digest))
                    yield Input(name.capitalize(), "prepared", picture)
            elif medium.name != "audio":
                what = medium.name.removesuffix("s").capitalize()
                yield self._given(f"{what}, {medium.option}" if medium.option else what, medium.digest)

    def _keyframe(self, what: str, hand_off: HandOff | None) -> Iterator[Input]:
        """A still that was rendered for it; nothing, if that is not what it was handed."""
        for name in (name for name in hand_off.candidates if name in self._stills) if hand_off else ():
            yield Input(what, self._stills[name], self._picture(name, partial(self._still, name)))

    def _still(self, fingerprint: str) -> Path:
        record = self._store.record(fingerprint)
        if record is None:
            raise StoreError("the keyframe is not in the store any more")
        return self._store.local_path(record.thumbnail)

    def _given(self, what: str, digest: str) -> Input:
        path = _path(digest, self._plan)
        return Input(what, path.name, self._picture(digest, lambda: path))

    def _handed_off(self, hand_off: HandOff) -> str | None:
        try:
            record = handing_clips(hand_off, self._store)[-1]
        except StoreError:
            return None
        if hand_off.frame in (-1, record.num_frames - 1):
            return self._picture(record.last_frame, partial(self._store.local_path, record.last_frame))
        try:
            clip = self._store.local_path(record.video)
            return jpeg_uri(frames_at(clip, [hand_off.frame])[0], WIDTH)
        except (MediaError, StoreError, OSError):
            return None

    def _picture(self, digest: str, place: Callable[[], Path]) -> str | None:
        if digest not in self._pictures:
            try:
                self._pictures[digest] = jpeg_uri(_look(place()), WIDTH)
            except (MediaError, StoreError, OSError):
                self._pictures[digest] = None
        return self._pictures[digest]


def _path(digest: str, plan: Plan) -> Path:
    return Path(plan.assets.get(digest, digest[:12]))


def _look(path: Path) -> Frame:
    """The picture, or a frame from the middle of the video."""
    try:
        return load_image(path)
    except MediaError:
        return middle_frame(path)


def sound_shape(digest: str | None, seconds: float, plan: Plan) -> str | None:
    """The loudness of a shot's sound from its beginning to its end, as an SVG path in a box of `BARS` × 2."""
    if digest is None:
        return None
    try:
        samples, rate = read_audio(_path(digest, plan))
    except (MediaError, OSError):
        return None
    step = max(1, round(seconds * rate / BARS))
    peaks = [abs(samples[start : start + step]).max(initial=0.0) for start in range(0, BARS * step, step)]
    loudest = max(*peaks, 1e-6)
    return "".join(f"M{x + 0.5:g} {1 - peak / loudest:.2f}v{2 * peak / loudest:.2f}" for x, peak in enumerate(peaks))
