"""Everything the report says, gathered from plan, records, timeline and clips into plain values for the template."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from itertools import pairwise
from typing import TYPE_CHECKING

from flows.edit.captions import webvtt
from flows.edit.process import ffmpeg_version, find_ffmpeg
from flows.edit.timeline import Entry, Timeline, chosen_take
from flows.ledger.rows import STAGES
from flows.planning.model import Clip, Plan, PlannedShot, Take
from flows.report.frames import clip_frames, data_uri, frames_of, jpeg_uri, middle, picked, spread, wanted
from flows.report.inputs import BARS, Input, Inputs, sound_shape
from flows.report.made_with import made_with
from flows.report.seams import Course, Pictured, course, pictured, worst_first
from flows.report.takes import chosen_words, with_passed_over
from flows.seams import Continuity, Seam, clip_begins, measure_film, meeting
from flows.store import ClipRecord, Store
from flows.store.choice import weakest

if TYPE_CHECKING:
    from flows.report.frames import Frame

POSTER = 960
"""Pixels of the picture that stands for the film until it is played."""


@dataclass(frozen=True, slots=True)
class TakeFacts:
    """A take: `records` are those of its clips, empty if it was not rendered; `words`: who chose it. `passed_over`: by
    eye."""

    number: int
    take: Take
    chosen: bool
    thumbnail: str | None
    records: tuple[ClipRecord, ...]
    words: str = ""
    passed_over: bool = False

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds of every stage, over all its clips."""
        return stages(self.records)

    @property
    def scores(self) -> dict[str, float]:
        """What it was judged by: those of its weakest clip, `quality` first."""
        scores = weakest(self.records).scores if self.records else {}
        return dict(sorted(scores.items(), key=lambda item: (item[0] != "quality", item[0])))


@dataclass(frozen=True, slots=True)
class ShotFacts:
    """A shot: its plan, its place in the film, frames as data URIs, what it was made from, and its takes. `sound` is an
    SVG path (`flows.report.inputs`)."""

    shot: PlannedShot
    entry: Entry
    number: int
    at: float
    seconds: float
    strip: tuple[str, ...]
    inputs: tuple[Input, ...]
    sound: str | None
    takes: tuple[TakeFacts, ...]
    made_with: Mapping[str, str]

    @property
    def chosen(self) -> TakeFacts:
        """The take in the film."""
        return next(take for take in self.takes if take.chosen)

    @property
    def clip(self) -> Clip:
        """The first clip of the chosen take: sampling and guidance are the same in all."""
        return self.chosen.take.clips[0]


@dataclass(frozen=True, slots=True)
class Facts:
    """The whole report. `seams` are joins, the worst first; `flaws` are shots over budget. `captions` are WebVTT as a
    data URI: beside a page that is opened as a file, a browser reads none."""

    plan: Plan
    timeline: Timeline
    shots: tuple[ShotFacts, ...]
    seams: tuple[Pictured, ...]
    flaws: tuple[Seam, ...]
    course: Course
    seconds: dict[str, float]
    peak_memory_bytes: int
    takes_digest: str
    versions: Mapping[str, str]
    film: str | None
    captions: str | None
    poster: str
    bars: int = BARS


def gather(
    plan: Plan,
    takes: Mapping[str, ClipRecord],
    timeline: Timeline,
    store: Store,
    film: str | None = None,
    found: Continuity | None = None,
) -> Facts:
    """Read what the report shows; `found` was measured of the film, or is now. Raises `StoreError`, `MediaError` for
    blobs that are gone or broken."""
    found = measure_film(plan, takes, timeline, store) if found is None else found
    detail = wanted(len(plan.shots))
    records = with_passed_over(plan, takes, store)
    inputs = Inputs(plan, store) if detail.inputs else None
    shots: list[ShotFacts] = []
    seams: list[Pictured] = []
    entries = timeline.entries
    joins = [meeting(*pair, timeline.rate) for pair in pairwise(entries)] if detail.seams else []
    before: dict[int, Frame] = {}
    for number, (shot, entry) in enumerate(zip(plan.shots, entries, strict=True)):
        strip = spread(detail.strip, clip_frames(entry))
        inside = clip_begins(entry) if detail.seams else ()
        wanted_here = {*strip, *inside, *(begin - 1 for begin in inside)}
        wanted_here.update(*(join.of_later for join in joins[number - 1 : number] if number))
        frames = frames_of(entry, wanted_here.union(*(join.of_earlier for join in joins[number : number + 1])))
        shown = picked(frames, strip)
        shots.append(_shot(number + 1, shot, entry, shown, timeline, records, store, plan, inputs))
        for seam in found.joins_of(shot.id) if detail.seams else ():
            if seam.before == shot.id:
                begin = inside[seam.clip - 2]
                seams.append(Pictured(seam, 0.0, jpeg_uri(frames[begin - 1]), jpeg_uri(frames[begin])))
            else:
                seams.append(pictured(seam, entry, joins[number - 1], (before, frames), timeline))
        before = frames
    used = [record for shot in shots for take in shot.takes if not take.passed_over for record in take.records]
    return Facts(
        plan=plan,
        timeline=timeline,
        shots=tuple(shots),
        seams=worst_first(seams),
        flaws=tuple(seam for seam in found.worst_first if seam.kind == "shot" and seam.over),
        course=course(found, timeline),
        seconds=stages(used),
        peak_memory_bytes=max((record.peak_memory_bytes for record in used), default=0),
        takes_digest=hashlib.sha256("".join(shot.chosen.take.fingerprint for shot in shots).encode()).hexdigest(),
        versions=versions(plan),
        film=film,
        captions=data_uri(text.encode(), "text/vtt;charset=utf-8") if (text := webvtt(timeline)) else None,
        poster=jpeg_uri(middle(timeline.entries[0]), POSTER),
    )


def stages(records: list[ClipRecord] | tuple[ClipRecord, ...]) -> dict[str, float]:
    """Seconds by stage, summed, in the order they happen; stages nobody timed are left out."""
    sums: dict[str, float] = {}
    for record in records:
        for stage, seconds in record.seconds.items():
            sums[stage] = sums.get(stage, 0.0) + seconds
    return dict(sorted(sums.items(), key=lambda item: STAGES.index(item[0]) if item[0] in STAGES else len(STAGES)))


def versions(plan: Plan) -> dict[str, str]:
    """The programs that made the film."""
    known = {}
    for package in ("wanflow", "torch", "diffusers", "transformers"):
        try:
            known[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue  # run from a checkout, or without models
    return known | {"ffmpeg": ffmpeg_version(find_ffmpeg(plan.settings.film))}


def _shot(
    number: int,
    shot: PlannedShot,
    entry: Entry,
    strip: list[str],
    timeline: Timeline,
    takes: Mapping[str, ClipRecord],
    store: Store,
    plan: Plan,
    inputs: Inputs | None,
) -> ShotFacts:
    chosen = chosen_take(shot, takes)
    seconds = float(entry.frames / timeline.rate)
    return ShotFacts(
        shot=shot,
        entry=entry,
        number=number,
        at=float(entry.start / timeline.rate),
        seconds=seconds,
        strip=tuple(strip),
        inputs=inputs.of(chosen) if inputs else (),
        sound=sound_shape(shot.audio, seconds, plan) if inputs else None,
        made_with=made_with(chosen.clips[0].spec, plan.assets),
        takes=tuple(_take(shot, take, take.number == chosen.number, takes, store) for take in shot.all_takes),
    )


def _take(shot: PlannedShot, take: Take, chosen: bool, takes: Mapping[str, ClipRecord], store: Store) -> TakeFacts:
    records = tuple(takes[clip.fingerprint] for clip in take.clips if clip.fingerprint in takes)
    picture = len(shot.all_takes) > 1 and records
    thumbnail = data_uri(store.read(records[-1].thumbnail), "image/jpeg") if picture else None
    words = chosen_words(shot) if chosen else ""
    return TakeFacts(take.number, take, chosen, thumbnail, records, words, take not in shot.takes)
