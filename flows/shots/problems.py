"""Whether a variant can render what a shot brings: what a person wrote is used, or is an error, never ignored.

`wanflow check` asks it of any family, the plan of its own, in the same words; a caller of `wan` hears them of a request
(`wan.validate`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from flows.errors import Place, Problem
from flows.shots.choice import ANY_FAMILY, choose_variant, key_of_variant
from flows.shots.inputs import asked_of_a_variant, called, continues_by, place_key
from flows.shots.keyframes import keyframe_faults
from flows.shots.misuse import Fault, misuses
from flows.storyboard.model import Shot, Storyboard
from flows.storyboard.problems import listed
from wan.families import FAMILIES, Family
from wan.system.suggest import did_you_mean
from wan.variants import VARIANTS


def unusable_inputs(storyboard: Storyboard, family: Family = ANY_FAMILY, *, but: Collection[str] = ()) -> list[Problem]:
    """What no checkpoint of the family can render, shot by shot. `but`: shots that are left out, by full id."""
    return [problem for shot in storyboard.shots if shot.full_id not in but for problem in input_problems(shot, family)]


def input_problems(shot: Shot, family: Family) -> list[Problem]:
    """Everything about the shot that cannot be rendered, each with its place and what to do. Once it is known that no
    variant will do, nothing is said of one."""
    for kind in _KINDS:
        problems = [
            Problem(at if isinstance(at, Place) else shot.where(at), message, fix, shot.full_id)
            for at, message, fix in kind(shot, family)
        ]
        if problems:
            return problems
    return []


def _too_much(shot: Shot, family: Family) -> Iterator[Fault]:
    """At the key that, left out, makes it right; of several the last."""
    asked = asked_of_a_variant(shot) if shot.variant == "auto" else {}
    if len(asked) < 2 or _some_variant_can(*asked.values()):
        return
    apart = [key for key in asked if _some_variant_can(*(what for other, what in asked.items() if other != key))]
    fix = f"remove {' or '.join(apart)}, or make several shots of it" if apart else "make several shots of it"
    names = " and ".join(called(shot, key) for key in asked)
    yield place_key(shot, apart[-1]) if apart else "", f"no variant can use {names} in one shot", fix


def _some_variant_can(*asked: frozenset[str]) -> bool:
    return any(frozenset().union(*asked) <= variant.inputs for variant in VARIANTS.values())


def _no_variant(shot: Shot, family: Family) -> Iterator[Fault]:
    name = choose_variant(shot, family)
    if name not in VARIANTS:
        hint = did_you_mean(name, [*VARIANTS, "auto"], f"there are: auto, {', '.join(VARIANTS)}", repr)
        yield "variant", f"unknown variant {name!r}", hint
    elif name not in family.roles:
        able = [other.name for other in FAMILIES.values() if name in other.roles]
        fix = f"use model={' or model='.join(able)}" if able else "leave `variant` out"
        key = key_of_variant(shot)
        if key == "continuity" and not continues_by(shot, "last_frame"):
            fix += ", or `by: last_frame`"
        message = f"the {family.name} family has no checkpoint for {name}; it has {listed(family.roles)}"
        yield place_key(shot, key), message, fix


_KINDS: tuple[Callable[[Shot, Family], Iterator[Fault]], ...] = (
    keyframe_faults,
    _too_much,
    _no_variant,
    misuses,
)
"""Of these, the first that finds something."""
