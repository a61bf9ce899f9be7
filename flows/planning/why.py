"""What changed since the last finished film of this storyboard, in words: the specs of clips, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from flows.clips import SEEDS
from flows.clips.facts import Fact, Spec, facts
from flows.fields import plain
from flows.planning.model import Clip, Plan, Take
from flows.resolve import PastShot

IN_STORE = "in the store"
LENGTH, CONTINUITY, END = "num_frames", "hand_off", "ends_on"
OF_CLIPS_BEFORE = (("hand_off",), ("anchor", "look"))
"""Facts that name other clips: of a later clip of a shot those before it, which is no cause."""


def why_new(upstream: str | None, index: int, clips: tuple[Clip, ...], past: PastShot | None) -> str:
    """Why take `index` (from 0) of a shot must be rendered. `past` is the shot in the last finished film."""
    if past is None:
        reason = "new shot"
    elif clips[-1].fingerprint in past.takes:
        reason = "no longer in the store"
    else:
        reason = "; ".join(changes(specs_of(clips, index), past.clips, upstream)) or "new take"
    cached = sum(clip.status == "cached" for clip in clips)
    return f"{reason} ({cached} of {len(clips)} clips in the store)" if cached else reason


def past_of(plan: Plan) -> dict[str, PastShot]:
    """What to remember of a plan once its film is finished."""
    stills = (still for shot in plan.shots if (still := shot.still) is not None)
    return {shot.id: _past(shot.takes) for shot in (*plan.shots, *stills)}


def worst_seam(past: Mapping[str, PastShot], shots: Iterable[str]) -> str | None:
    """Of the shots that the last finished film had, too: what was worst of them, in words."""
    seen = [past[shot] for shot in shots if shot in past and past[shot].seam]
    return max(seen, key=lambda shot: shot.share).seam if seen else None


def specs_of(clips: Sequence[Clip], index: int = 0) -> tuple[Spec, ...]:
    """The specs of take `index` with the seeds of take 0, so that takes of one shot are alike."""
    return tuple(plain(replace(clip.spec, seed=(clip.spec.seed - index) % SEEDS)) for clip in clips)


def changes(
    now: Sequence[Spec], then: Sequence[Spec], upstream: str | None, known: Sequence[Fact] | None = None
) -> list[str]:
    """What is different between two chains of clips, causes alone: another variant has other defaults. `known` are the
    fields that are compared, all if None."""
    differing = {
        fact: names for fact in (facts() if known is None else known) if (names := _differences(fact, now, then))
    }
    causes = {fact.path[0] for fact in differing}
    shown = {fact: names for fact, names in differing.items() if fact.follows not in causes}
    start = next((fact for fact in shown if fact.path[0] == CONTINUITY), None)
    mine, its = (start.of(specs[0]) if start else None for specs in (now, then))
    if start is not None and isinstance(mine, Mapping) and isinstance(its, Mapping):
        del shown[start]
        alone = all(fact.path[0] == END for fact in shown)
        return [*_say(shown), *_other_start(mine, its, upstream, alone=alone)]
    return _say(shown)


def _differences(fact: Fact, now: Sequence[Spec], then: Sequence[Spec]) -> list[str]:
    """What people call what differs; empty where nothing does.

    What a clip goes on from inside its shot is no cause. Where a shot has more clips or fewer, only what stands in none
    of the others' clips has changed: a longer one may have clips of another variant behind its first.
    """
    if not then:
        return []
    if fact.path in OF_CLIPS_BEFORE:
        now, then = now[:1], then[:1]
    if fact.path[0] == LENGTH and len(now) != len(then):
        return [fact.called]
    mine, its = [fact.of(spec) for spec in now], [fact.of(spec) for spec in then]
    if mine == its:
        return []
    if len(mine) != len(its) and (all(one in its for one in mine) or all(one in mine for one in its)):
        return []
    return _named(mine, its) or [fact.called]


def _named(mine: Sequence[object], its: Sequence[object]) -> list[str]:
    """Of lists whose members have names: those that differ."""
    first, other = _by_name(mine), _by_name(its)
    return [name for name in {**first, **other} if first.get(name) != other.get(name)]


def _by_name(values: Sequence[object]) -> dict[str, list[object]]:
    by_name: dict[str, list[object]] = {}
    for value in values:
        for member in value if isinstance(value, list) else ():
            if isinstance(member, Mapping) and "name" in member:
                by_name.setdefault(str(member["name"]), []).append(member)
    return by_name


def _say(changes: Mapping[Fact, Sequence[str]]) -> list[str]:
    names = dict.fromkeys(name for names in changes.values() for name in names)
    return [f"{', '.join(names)} changed"] if names else []


def _other_start(mine: Spec, its: Spec, upstream: str | None, *, alone: bool) -> list[str]:
    """`alone`: nothing else of the shot is different. Its keyframe is drawn of its own words, and follows from them."""
    if upstream is None:
        return ["its keyframe changed"] if alone else []
    if mine.get("takes") != its.get("takes"):
        return [f"upstream {upstream} changed"]
    if mine.get("what") != its.get("what"):
        return [f"goes on from {upstream} in another way"]
    if mine.get("count") != its.get("count"):
        return [f"overlaps {upstream} by another number of frames"]
    return [f"starts from another frame of {upstream}"]


def _past(takes: tuple[Take, ...]) -> PastShot:
    first = takes[0]
    return PastShot(tuple(take.fingerprint for take in takes), specs_of(first.clips, max(0, first.number - 1)))
