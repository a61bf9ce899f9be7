"""Measuring a film: every join and every shot that was not measured before, from the lossless clips in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import accumulate, islice, pairwise
from typing import TYPE_CHECKING, Any

from flows.edit.timeline import Entry, Timeline, chosen_take
from flows.errors import Stopped
from flows.media import frames_at, read_video
from flows.planning.model import Plan, PlannedShot
from flows.seams.meeting import FRAMES, Meeting, continues, ghost, meeting
from flows.seams.notes import key_of, recall, remember
from flows.seams.seam import BUDGET, Continuity, Seam
from flows.store import ClipRecord, Store

if TYPE_CHECKING:
    from flows.continuity.frames import Frame


def measure_film(
    plan: Plan,
    takes: Mapping[str, ClipRecord],
    timeline: Timeline,
    store: Store,
    stopped: Callable[[], bool] = lambda: False,
) -> Continuity:
    """Of the takes that the film shows. `takes` maps fingerprints of clips to their records, as for `make_timeline`. It
    is given up when it is `stopped`, which is asked with every frame.

    Raises StoreError, MediaError for clips that are gone or broken, Stopped.
    """
    shots = [
        _Shot(shot, entry, _identity(shot, takes)) for shot, entry in zip(plan.shots, timeline.entries, strict=True)
    ]
    meetings = [meeting(one.entry, other.entry, timeline.rate) for one, other in pairwise(shots)]
    known = _known(store, shots, meetings)
    budget = {**BUDGET, **plan.storyboard.continuity.budget}
    seams: list[Seam] = []
    lights: dict[str, tuple[float, ...]] = {}
    for number, shot in enumerate(shots):
        note = _shot(store, shot, _asked(number, shots, meetings, known), known, stopped)
        if number:
            seams.append(_between(store, shots[number - 1], shot, meetings[number - 1], known, timeline.rate))
            shots[number - 1].frames.clear()
        seams += _inside(shot, note, timeline.rate)
        lights[shot.id] = tuple(note["lights"])
    return Continuity(tuple(replace(seam, budget=budget) for seam in seams), lights)


@dataclass(frozen=True, slots=True)
class _Shot:
    """A shot in the film; `identity` is what its frames are known by. `frames` are those that a join asks for."""

    planned: PlannedShot
    entry: Entry
    identity: tuple[tuple[str, int, int], ...]
    frames: dict[int, Frame] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.planned.id

    @property
    def key(self) -> str:
        """Of its own note."""
        return key_of("shot", self.identity, str(self.entry.rate))

    @property
    def begins(self) -> tuple[int, ...]:
        """See `clip_begins`."""
        return clip_begins(self.entry)


def clip_begins(entry: Entry) -> tuple[int, ...]:
    """The frame (of those that a shot shows) with which each of its clips but the first begins."""
    return tuple(accumulate(shown.frames for shown in entry.ranges[:-1]))


def _identity(shot: PlannedShot, takes: Mapping[str, ClipRecord]) -> tuple[tuple[str, int, int], ...]:
    return tuple((takes[clip.fingerprint].video, clip.skip_first, clip.keep) for clip in chosen_take(shot, takes).clips)


def _join_key(before: _Shot, after: _Shot, met: Meeting) -> str:
    return key_of("join", before.identity, after.identity, met.tail, met.head, met.together)


def _known(store: Store, shots: Sequence[_Shot], meetings: Sequence[Meeting]) -> dict[str, dict[str, Any]]:
    """The notes that are there, asked for many at once."""
    keys = [shot.key for shot in shots]
    keys += [_join_key(*pair, met) for pair, met in zip(pairwise(shots), meetings, strict=True)]
    with ThreadPoolExecutor(store.at_once, thread_name_prefix="seams") as threads:
        notes = threads.map(lambda key: recall(store, key), keys)
        return {key: note for key, note in zip(keys, notes, strict=True) if note is not None}


def _asked(
    number: int, shots: Sequence[_Shot], meetings: Sequence[Meeting], known: Mapping[str, dict[str, Any]]
) -> set[int]:
    """The frames of a shot that joins ask for which were not measured before."""
    asked: set[int] = set()
    if number and _join_key(shots[number - 1], shots[number], meetings[number - 1]) not in known:
        asked |= meetings[number - 1].of_later
    if number < len(meetings) and _join_key(shots[number], shots[number + 1], meetings[number]) not in known:
        asked |= meetings[number].of_earlier
    return asked


def _shot(
    store: Store,
    shot: _Shot,
    wanted: set[int],
    known: Mapping[str, dict[str, Any]],
    stopped: Callable[[], bool],
) -> dict[str, Any]:
    """Its note; `wanted` frames are kept in `shot.frames`. Its frames are read once, or not at all."""
    from flows.continuity.inside import measure_shot, profile

    note = known.get(shot.key)
    if note is not None:
        if wanted:
            shot.frames.update(_frames(shot.entry, wanted))
        return note
    inside = {number for begin in shot.begins for number in _around(begin, shot)}
    looked = profile(_kept(_every(shot.entry), shot.frames, wanted | inside, stopped))
    joins = [_at(shot, begin) for begin in shot.begins]
    note = remember(store, shot.key, measure_shot(looked, float(shot.entry.rate)), looked, joins)
    for number in inside - wanted:
        del shot.frames[number]
    return note


def _around(begin: int, shot: _Shot) -> range:
    return range(max(0, begin - FRAMES), min(begin + FRAMES, sum(shown.frames for shown in shot.entry.ranges)))


def _at(shot: _Shot, begin: int) -> dict[str, float]:
    from flows.continuity.join import measure_join

    around = _around(begin, shot)
    return measure_join(
        [shot.frames[number] for number in around if number < begin],
        [shot.frames[number] for number in around if number >= begin],
    )


def _between(
    store: Store, before: _Shot, after: _Shot, met: Meeting, known: Mapping[str, dict[str, Any]], rate: Fraction
) -> Seam:
    from flows.continuity.join import measure_join

    key = _join_key(before, after, met)
    note = known.get(key)
    if note is None:
        values = measure_join([before.frames[n] for n in met.tail], [after.frames[n] for n in met.head])
        both = ghost(met, before.frames, after.frames)
        note = remember(store, key, values if both is None else {**values, "ghost": both})
    return Seam(
        kind="join",
        shot=after.id,
        before=before.id,
        at=float(after.entry.start / rate),
        transition=after.entry.transition,
        judged=continues(after.planned, before.planned),
        values=note["values"],
    )


def _inside(shot: _Shot, note: Mapping[str, Any], rate: Fraction) -> Iterator[Seam]:
    start = float(shot.entry.start / rate)
    for number, (begin, values) in enumerate(zip(shot.begins, note["joins"], strict=True), 2):
        at = start + float(begin / shot.entry.rate)
        yield Seam(kind="join", shot=shot.id, clip=number, before=shot.id, at=at, values=values)
    yield Seam(kind="shot", shot=shot.id, at=start, values=note["values"])


def _every(entry: Entry) -> Iterator[Frame]:
    for shown in entry.ranges:
        yield from islice(read_video(shown.file), shown.skip, shown.skip + shown.frames)


def _kept(
    frames: Iterable[Frame], into: dict[int, Frame], wanted: set[int], stopped: Callable[[], bool]
) -> Iterator[Frame]:
    """The frames, of which the `wanted` stay."""
    for number, frame in enumerate(frames):
        if stopped():
            raise Stopped("stopped while the film was measured")
        if number in wanted:
            into[number] = frame
        yield frame


def _frames(entry: Entry, wanted: set[int]) -> dict[int, Frame]:
    frames: dict[int, Frame] = {}
    begin = 0
    for shown in entry.ranges:
        here = sorted(number for number in wanted if begin <= number < begin + shown.frames)
        if here:
            frames.update(zip(here, frames_at(shown.file, [n - begin + shown.skip for n in here]), strict=True))
        begin += shown.frames
    return frames
