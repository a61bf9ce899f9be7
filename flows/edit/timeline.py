"""The timeline: which frames of which clips make the film, and what is heard when. Lengths are in frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from flows.errors import EditError, Problem, StoryboardError
from flows.media.clips import exact_rate
from flows.planning.model import Plan, PlannedShot, Take
from flows.store import ClipRecord, Store
from flows.store.choice import weakest
from flows.storyboard.model import Deliverable, Music
from flows.transitions import TRANSITIONS


@dataclass(frozen=True, slots=True)
class SourceRange:
    """`frames` frames of a lossless clip, after its first `skip`."""

    file: Path
    skip: int
    frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A shot in the film. `start` is the film frame where it is first seen, `frames` how many film frames it has.

    Its first `overlap` frames are shared with the shot before, joined by `transition`: both are seen in the first
    `blend` of them. `rate` and size are the clips'.
    """

    shot: str
    ranges: tuple[SourceRange, ...]
    frames: int
    start: int
    rate: Fraction
    width: int
    height: int
    transition: str = "cut"
    overlap: int = 0
    blend: int = 0
    caption: str | None = None

    @property
    def end(self) -> int:
        """The film frame after its last one."""
        return self.start + self.frames


@dataclass(frozen=True, slots=True)
class Voice:
    """A recording that starts `at` seconds into the film; `seconds` None: as long as it is. It fades in and out in so
    many seconds, and two whose fades meet are together as loud as one (equal power)."""

    file: Path
    at: float
    gain_db: float = 0.0
    seconds: float | None = None
    fade_in: float = 0.0
    fade_out: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A film, frame-exact. `rate` is in frames a second; `digest` names the storyboard it was made from."""

    title: str
    width: int
    height: int
    rate: Fraction
    entries: tuple[Entry, ...]
    music: Music | None = None
    voices: tuple[Voice, ...] = ()
    deliver: tuple[Deliverable, ...] = ()
    digest: str = ""

    @property
    def num_frames(self) -> int:
        """Length of the film in frames."""
        return self.entries[-1].end

    @property
    def native(self) -> tuple[int, int]:
        """The size at which shots are joined: that of most of the film if it has the film's shape, else the film's."""
        frames: Counter[tuple[int, int]] = Counter()
        for entry in self.entries:
            frames[entry.width, entry.height] += entry.frames
        width, height = frames.most_common(1)[0][0]
        return (width, height) if width * self.height == height * self.width else (self.width, self.height)

    @property
    def seconds(self) -> Fraction:
        """Length of the film in seconds, exact."""
        return self.num_frames / self.rate


def make_timeline(plan: Plan, takes: Mapping[str, ClipRecord], store: Store) -> Timeline:
    """The timeline of `plan` with the best take of each shot.

    `takes` maps fingerprints of clips to their records (more than needed does no harm). Raises `EditError` for a shot
    without a rendered take, `StoryboardError` for deliverables that are impossible.
    """
    rate = exact_rate(plan.fps)
    entries: list[Entry] = []
    for shot in plan.shots:
        goes_on = bool(entries) and entries[-1].shot in shot.depends_on and shot.goes_on
        join = TRANSITIONS[shot.transition.kind]
        blend = join.both_seen(shot.overlap, rate, goes_on=goes_on, alike=shot.alike)
        entries.append(_entry(shot, _ranges(shot, takes, store), blend))
    _check_deliverables(plan.storyboard.deliver)
    return Timeline(
        title=plan.title,
        width=plan.width,
        height=plan.height,
        rate=rate,
        entries=tuple(entries),
        music=plan.storyboard.soundtrack.music,
        voices=(
            *_own_sounds(plan.shots, entries, rate, store),
            *(Voice(voice.file, voice.at, voice.gain_db) for voice in plan.voices),
        ),
        deliver=plan.storyboard.deliver,
        digest=plan.storyboard_digest,
    )


def _own_sounds(
    shots: Sequence[PlannedShot], entries: Sequence[Entry], rate: Fraction, store: Store
) -> Iterator[Voice]:
    """What is said in the shots, each from its first frame to its last. Where two overlap, their sounds cross."""
    overlaps_after = [*(entry.overlap for entry in entries[1:]), 0]
    for shot, entry, overlap_after in zip(shots, entries, overlaps_after, strict=True):
        if shot.audio is not None:
            yield Voice(
                store.local_path(shot.audio),
                at=float(entry.start / rate),
                seconds=float(entry.frames / rate),
                fade_in=float(entry.overlap / rate),
                fade_out=float(overlap_after / rate),
            )


def chosen_take(shot: PlannedShot, takes: Mapping[str, ClipRecord]) -> Take:
    """The take that the film shows: of those whose clips are all there, the one whose weakest clip has the best
    `quality`, the first among equals.

    Raises `EditError` if none is whole.
    """
    whole = [take for take in shot.takes if all(clip.fingerprint in takes for clip in take.clips)]
    if not whole:
        raise EditError(f"shot {shot.id}: no take of it is rendered")
    return max(whole, key=lambda take: weakest([takes[clip.fingerprint] for clip in take.clips]).quality)


def _ranges(shot: PlannedShot, takes: Mapping[str, ClipRecord], store: Store) -> tuple[SourceRange, ...]:
    ranges = []
    for clip in chosen_take(shot, takes).clips:
        record = takes[clip.fingerprint]
        if clip.skip_first + clip.keep > record.num_frames:
            raise EditError(f"shot {shot.id}: its clip has {record.num_frames} frames, the plan shows {clip.keep}")
        ranges.append(SourceRange(store.local_path(record.video), clip.skip_first, clip.keep))
    return tuple(ranges)


def _entry(shot: PlannedShot, ranges: tuple[SourceRange, ...], blend: int) -> Entry:
    return Entry(
        shot=shot.id,
        ranges=ranges,
        frames=shot.num_frames,
        start=shot.start,
        rate=exact_rate(shot.render_fps),
        width=shot.width,
        height=shot.height,
        transition=shot.transition.kind if shot.overlap else "cut",
        overlap=shot.overlap,
        blend=blend,
        caption=shot.caption,
    )


def _check_deliverables(deliver: Sequence[Deliverable]) -> None:
    problems = []
    for item in deliver:
        if item.name == "film":
            problems.append(Problem(item.place, "a deliverable named film", "film.mp4 is the film itself: rename it"))
        if item.size and (item.size.width % 2 or item.size.height % 2):
            even = f"{item.size.width // 2 * 2}x{item.size.height // 2 * 2}"
            problems.append(Problem(item.place, f"size {item.size} of {item.name} is odd", f"write {even}"))
    if problems:
        raise StoryboardError(problems)
