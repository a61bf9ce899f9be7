"""What a person should know before rendering, though nothing is wrong: unknown words, cropped pictures and such."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from flows.errors import Place, Problem
from flows.planning.film_checks import voice_remarks
from flows.planning.keyframe_remarks import keyframe_remarks
from flows.planning.media_fit import length_remarks
from flows.planning.model import PlannedShot
from flows.planning.moments import Moments
from flows.resolve import Snapshot
from flows.shots import choose_variant, film_fps, overlap_of, part_of
from flows.shots.inputs import IMAGE, continues_by, driver, references, shown_as_it_is
from flows.storyboard.model import Shot, Storyboard
from flows.words import count
from wan.families import Family
from wan.frames.geometry import is_rounding_of
from wan.variants import VARIANTS

MOST_NAMED = 20
"""Of one kind of warning so many are written out; the rest is counted."""
CROPPED = 0.05
"""Losing less of a picture than this is not worth a word."""
OTHER_RATE = 1.1
"""Motion that is so many times as quick or slow as a model makes it is seen to be."""


def plan_warnings(
    storyboard: Storyboard, family: Family, snapshot: Snapshot, shots: Sequence[PlannedShot], moments: Moments
) -> tuple[str, ...]:
    """All warnings, kind by kind, in the order of the film."""
    sources = storyboard.shots
    kinds = (
        _kept_prompts(snapshot),
        _wasted_words(family, snapshot),
        _unknown_words(sources, family),
        _foreign_pictures(sources, family, snapshot),
        _cropped_pictures(sources, shots, snapshot),
        _unused_references(sources, family),
        _weak_references(sources, family),
        _unheld_colours(sources, family),
        _short_overlaps(sources, shots, family),
        _unreached_ends(sources, shots),
        keyframe_remarks(sources, shots),
        _other_lengths(sources, snapshot),
        map(_as_text, snapshot.remarks),
        map(_as_text, voice_remarks(storyboard, snapshot, moments)),
        _other_rate(storyboard, family),
    )
    return tuple(line for kind in kinds for line in _shortened(list(kind)))


def _shortened(lines: list[str]) -> list[str]:
    more = len(lines) - MOST_NAMED
    return lines if more <= 0 else [*lines[:MOST_NAMED], f"… and {more} more like this"]


def _unknown_words(shots: Iterable[Shot], family: Family) -> Iterator[str]:
    if family.vocabulary is None:
        return
    unknown_words: Callable[[str], list[str]] = cache(importlib.import_module(family.vocabulary).unknown_words)
    for shot in shots:
        words = unknown_words(shot.prompt)
        if shot.negative_prompt:
            words = list(dict.fromkeys([*words, *unknown_words(shot.negative_prompt)]))
        if words:
            listed = ", ".join(f"'{word}'" for word in words)
            yield f"the {family.name} family does not know: {listed} (shot {shot.full_id})"


def _foreign_pictures(shots: Iterable[Shot], family: Family, snapshot: Snapshot) -> Iterator[str]:
    seen: dict[Path, str] = {}
    for shot in shots:
        for _, path in shown_as_it_is(shot):
            if path in snapshot.foreign:
                seen.setdefault(path, shot.full_id)
    for path, name in seen.items():
        yield (
            f"{path.name} is not from the little world that the {family.name} family was trained on, and nothing good "
            f"will come of it: use a family of real size, such as model=wan22 (shot {name})"
        )


def _kept_prompts(snapshot: Snapshot) -> Iterator[str]:
    shots: dict[str, list[str]] = {}
    for name, reason in snapshot.kept_prompts.items():
        shots.setdefault(reason, []).append(name)
    for reason, (first, *others) in shots.items():
        name = first + (f" and {len(others)} more" if others else "")
        yield f"the prompt could not be extended and is rendered as it is written: {reason} (shot {name})"


def _wasted_words(family: Family, snapshot: Snapshot) -> Iterator[str]:
    if family.vocabulary is not None and snapshot.prompts:
        yield f"the {family.name} family knows few words: most of what extended prompts add means nothing to it"


def _cropped_pictures(sources: Sequence[Shot], shots: Sequence[PlannedShot], snapshot: Snapshot) -> Iterator[str]:
    seen: set[Path] = set()
    for shot, planned in zip(sources, shots, strict=True):
        if shot.motion is not None and shot.audio is None:
            continue  # the person is shown whole, on a black canvas
        for row, path in shown_as_it_is(shot):
            if row.kind != "image" or path in seen or path not in snapshot.image_sizes:
                continue
            seen.add(path)
            width, height = snapshot.image_sizes[path]
            # what is rendered, not the film: a variant whose sizes are coarse loses that much whatever the picture
            clip = planned.first
            if clip.variant == IMAGE and is_rounding_of(
                (width, height), (clip.width, clip.height), VARIANTS[IMAGE].size_multiple
            ):
                continue  # stretched by as much, as in the reference
            ratio = (width * clip.height) / (height * clip.width)
            lost = 1 - min(ratio, 1 / ratio)
            if lost > CROPPED:
                name = shot.full_id
                yield (
                    f"{path.name} is {width}x{height}: {lost:.0%} of it is cropped, since shot {name} is rendered at "
                    f"{clip.width}x{clip.height}"
                )


def _unused_references(shots: Iterable[Shot], family: Family) -> Iterator[str]:
    count: dict[str, int] = {}
    for shot in shots:
        variant = VARIANTS.get(choose_variant(shot, family))
        if variant is not None and "references" in variant.inputs:
            continue
        for member in shot.cast:
            if member.reference:
                count[member.id] = count.get(member.id, 0) + 1
    for name, times in count.items():
        yield (
            f"the reference of <{name}> is not used yet: {times} shot{'s' * (times > 1)} that start from a picture "
            "take its look from there"
        )


def _weak_references(shots: Iterable[Shot], family: Family) -> Iterator[str]:
    """Said once a film."""
    shown = [shot for shot in shots if references(shot) or continues_by(shot, "reference")]
    roles = [(shot, family.roles.get(choose_variant(shot, family))) for shot in shown]
    weak = [(shot, role.references_miss) for shot, role in roles if role is not None and role.references_miss]
    if weak:
        shot, missed = weak[0]
        name = shot.full_id + (f" and {len(weak) - 1} more" if len(weak) > 1 else "")
        yield f"the {family.name} family does not take the {missed} from references; say it in the prompt (shot {name})"


def _unheld_colours(shots: Iterable[Shot], family: Family) -> Iterator[str]:
    """Said once a film."""
    asked = [shot for shot in shots if shot.anchor is not None and shot.anchor.strength != 0]
    named = [(shot, VARIANTS.get(choose_variant(shot, family))) for shot in asked]
    unheld = [(shot, variant) for shot, variant in named if variant is not None and variant.chained == "carried"]
    if unheld:
        shot, variant = unheld[0]
        name = shot.full_id + (f" and {len(unheld) - 1} more" if len(unheld) > 1 else "")
        yield (
            f"colours of {variant.name} are not held, since it goes on from tensors: its `anchor` does nothing "
            f"(shot {name})"
        )


def _short_overlaps(sources: Sequence[Shot], shots: Sequence[PlannedShot], family: Family) -> Iterator[str]:
    """Of shots that are to go on from more frames than the other one has."""
    overlaps = [pair for pair in zip(sources, shots, strict=True) if continues_by(pair[0], "overlap")]
    by_id = {shot.id: shot for shot in shots} if overlaps else {}
    for source, shot in overlaps:
        part = part_of(family, shot.variant)
        before = by_id[source.continuity.source if source.continuity else ""]
        if part is not None and shot.known < (wanted := overlap_of(source, part)):
            yield (
                f"{before.id} has {count(before.num_frames, 'frame')}, fewer than the {wanted} of the overlap: "
                f"{shot.id} begins with {shot.known} of them (shot {shot.id})"
            )


def _unreached_ends(sources: Sequence[Shot], shots: Sequence[PlannedShot]) -> Iterator[str]:
    for source, shot in zip(sources, shots, strict=True):
        if source.end_image is None or source.leads_to is not None:
            continue
        last = shot.takes[0].clips[-1]
        cut = last.spec.num_frames - last.skip_first - last.keep
        if cut >= 4:  # fewer are what rounding a length up costs, and cannot be seen
            reached = (shot.num_frames + cut) / shot.fps
            yield (
                f"the film cuts to the next shot {cut} frames before end_image is reached; "
                f"a duration of {reached:g}s reaches it (shot {shot.id})"
            )


def _other_lengths(shots: Iterable[Shot], snapshot: Snapshot) -> Iterator[str]:
    for shot in shots:
        for remark in length_remarks(shot, snapshot):
            yield f"{remark.message}; {remark.fix} (shot {remark.shot})"


def _as_text(remark: Problem) -> str:
    """On one line."""
    place, shot = f"{remark.place}: " if remark.place else "", f" (shot {remark.shot})" if remark.shot else ""
    return f"{place}{remark.message}; {remark.fix}{shot}"


def _other_rate(storyboard: Storyboard, family: Family) -> Iterator[str]:
    """Models draw frames for a rate of their own, and at the film's their motion is another. Said once a film."""
    film = film_fps(storyboard, family)
    # a sound or a video says how quick its shot is
    alone = [shot for shot in storyboard.shots if driver(shot) is None]
    parts = [(shot, part_of(family, choose_variant(shot, family))) for shot in alone]
    free = [(shot, part) for shot, part in parts if part is not None and not part.fixed_in_time]
    other = [(shot, part.fps) for shot, part in free if not 1 / OTHER_RATE <= film / part.fps <= OTHER_RATE]
    if not other:
        return
    shot, own = other[0]
    place = storyboard.places.get("format.fps") or storyboard.places.get("format") or Place(str(storyboard.path), 1, 1)
    name = shot.full_id + (f" and {len(other) - 1} more" if len(other) > 1 else "")
    rates = sorted({part.fps for _, part in free})
    fix = (
        f"write `format: {{fps: {own:g}}}` and `deliver: [{{name: smooth, fps: {film:g}}}]`"
        if len(rates) == 1
        else f"no rate suits {' and '.join(f'{rate:g}' for rate in rates)}: use variants of one rate in a film"
    )
    yield (
        f"{place}: {choose_variant(shot, family)} makes {own:g} frames a second; shown at {film:g} its motion is "
        f"{film / own:.2g} times as quick; {fix} (shot {name})"
    )
