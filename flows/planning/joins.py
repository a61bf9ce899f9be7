"""How shots go on from each other: what is taken of the one, and how much of it the other hides. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path

from flows.clips import HandOff
from flows.media.clips import exact_rate
from flows.planning.model import Clip, Take
from flows.planning.moments import overlap_frames
from flows.shots import Part, choose_variant, film_frames, hidden_frames, overlap_of, part_of
from flows.shots.inputs import continues_by
from flows.shots.lengths import whole_latents
from flows.storyboard.model import Shot, Storyboard
from wan.families import Family


@dataclass(frozen=True, slots=True)
class Join:
    """How a shot goes on from another one, in frames of the film.

    `known` of that one's frames are shown to it, the last of them `early` frames before its end. It begins with them,
    and hides the first `hidden`: those that are left are seen while both shots are, in a transition.
    """

    known: int = 0
    early: int = 0
    hidden: int = 0


NOTHING = Join()


def joins_of(storyboard: Storyboard, family: Family, fps: float, seconds: Mapping[Path, float]) -> dict[str, Join]:
    """The join of every shot that waits for the one that it goes on from, by full id. `seconds`: how long sounds and
    videos are."""
    shots = {shot.full_id: shot for shot in storyboard.shots}
    before = {after: one for one, after in pairwise(shots)}
    joins: dict[str, Join] = {}
    for name, shot in shots.items():
        part = part_of(family, choose_variant(shot, family))
        if shot.continuity is None or not shot.continuity.waits or part is None:
            continue
        source = shots.get(shot.continuity.source)
        meets = blended(overlap_frames(shot.transition, fps), before.get(name), shot.continuity.source)
        if not continues_by(shot, "overlap"):
            joins[name] = Join(1, meets, hidden_frames(shot, part))
            continue
        of_source = part_of(family, choose_variant(source, family)) if source else None
        room = film_frames(source, of_source, fps, seconds) if source and of_source else None
        joins[name] = overlapping(overlap_of(shot, part), meets, room)
    return joins


def blended(overlap: int, before: str | None, source: str | None) -> int:
    """How many frames of `source`, the shot that this one goes on from, are blended with it: as many as it overlaps
    the shot `before` it in the film, if that is the one. Both full ids.

    Going on by one frame it starts from the frame before those: while they blend, both shots show the same moment, and
    nobody is seen twice.
    """
    return overlap if source is not None and source == before else 0


def overlapping(wanted: int, meets: int, room: int | None) -> Join:
    """Going on from the last `wanted` frames of a shot of `room` frames (None: not known), with which it `meets` in so
    many. Where there are fewer frames, as many as there are, in whole latents.

    What both shots show of one moment are the same frames as far as they are known: a transition is laid over those.
    """
    known = wanted if room is None or room >= wanted else whole_latents(room)
    early = max(0, meets - known)
    return Join(known, early, known - (meets - early))


def hand_off_of(takes: Sequence[Take], frames: int, join: Join, shot: Shot, part: Part, fps: float) -> HandOff:
    """What `shot`, rendered by `part`, takes over from a shot with these takes that has `frames` frames of the film: of
    speech that goes on from speech all that the variant takes, else what the film shows of it."""
    chains = tuple(tuple(clip.fingerprint for clip in take.clips) for take in takes)
    clips, variant = takes[0].clips, part.variant
    last = frames - 1 - join.early
    shown = _shown_at(clips, last, fps)
    back, frame = _counted_back(clips, shown)
    repeated = clips[1].skip_first if len(clips) > 1 else 0
    if continues_by(shot, "reference"):
        return HandOff(chains, "reference", frame, back)
    if variant.chained == "carried" and variant.name == clips[-1].spec.variant:
        return HandOff(chains, "frames", frame, back, variant.carried_frames, repeated)
    if not continues_by(shot, "overlap"):
        return HandOff(chains, "frame", frame, back)
    offsets = [shown - _shown_at(clips, last - number, fps) for number in reversed(range(join.known))]
    even = offsets == list(reversed(range(join.known)))
    return HandOff(chains, "frames", frame, back, join.known, repeated, () if even else tuple(offsets))


def handed_keyframe(keyframe: Take) -> HandOff:
    """The picture of a still: what a shot begins with, and what the one before it ends on."""
    return HandOff(((keyframe.fingerprint,),), frame=keyframe_frame(keyframe.clips[0].spec.num_frames))


def keyframe_frame(num_frames: int) -> int:
    """Which frame of a still is the picture: the one that is shown of it everywhere, where a family draws no clip of
    one frame."""
    return num_frames // 2


def _shown_at(clips: Sequence[Clip], frame: int, fps: float) -> int:
    """Which of the frames that the clips show, counted through all of them, is seen in a frame of the film: as ffmpeg's
    `fps` has it, the last one whose moment rounds to that frame or an earlier one."""
    rate, film = exact_rate(clips[0].fps), exact_rate(fps)
    number = frame if rate == film else ceil((2 * frame + 1) * rate / (2 * film)) - 1
    return min(max(number, 0), sum(clip.keep for clip in clips) - 1)


def _counted_back(clips: Sequence[Clip], shown: int) -> tuple[int, int]:
    """Where that frame lies: how many clips from the end, and which of the clip's frames (-1: its last)."""
    for number, clip in enumerate(clips):
        if shown < clip.keep:
            frame = clip.skip_first + shown
            return len(clips) - 1 - number, -1 if frame == clip.spec.num_frames - 1 else frame
        shown -= clip.keep
    raise ValueError("the frame lies behind the clips")
