"""What can only be said of the whole film: cycles, transitions against their shots, inputs against variants."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from flows.storyboard.model import Shot, Storyboard
from flows.storyboard.problems import Problems, listed
from wan.frames.camera import parse_camera
from wan.variants import VARIANTS


def check_film(storyboard: Storyboard, problems: Problems) -> None:
    """Add what is wrong between shots, and between a shot and its variant."""
    shots = storyboard.shots
    _cycles(shots, problems)
    _transitions(shots, problems)
    for shot in shots:
        problems.shot = _full(shot)
        _inputs(shot, problems)
    problems.shot = None


def _full(shot: Shot) -> str:
    return f"{shot.scene}.{shot.id}"


def _cycles(shots: Sequence[Shot], problems: Problems) -> None:
    """A shot continues at most one other, so following the references finds every cycle."""
    by_id = {_full(shot): shot for shot in shots}
    done: set[str] = set()
    for start in by_id:
        way: dict[str, None] = {}
        name: str | None = start
        while name is not None and name not in done and name not in way:
            way[name] = None
            shot = by_id.get(name)
            name = shot.continuity.source if shot and shot.continuity else None
        if name is not None and name in way:
            names = list(way)
            _cycle([by_id[inside] for inside in names[names.index(name) :]], problems)
        done.update(way)


def _cycle(cycle: Sequence[Shot], problems: Problems) -> None:
    first = min(cycle, key=lambda shot: (shot.place.file, shot.place.line, shot.place.column))
    number = cycle.index(first)
    names = [_full(shot) for shot in (*cycle[number:], *cycle[: number + 1])]
    shown = " → ".join(names if len(names) <= 8 else [*names[:7], "…", names[-1]])
    problems.shot = names[0]
    message = f"these shots wait for each other: {shown}"
    problems.add(first.where("continuity.from"), message, "let one of them start from something else")
    problems.shot = None


def _transitions(shots: Sequence[Shot], problems: Problems) -> None:
    """Neither shot may be shorter than the transition, nor than those into it and out of it together."""
    for number, shot in enumerate(shots):
        into = shot.transition.duration
        out_of = shots[number + 1].transition.duration if number + 1 < len(shots) else 0.0
        if shot.duration is None or into + out_of <= shot.duration:
            continue
        late = shots[number + 1] if into <= shot.duration and out_of else shot
        problems.shot = _full(late)
        whose = "this shot" if late is shot else f"the shot before ({_full(shot)})"
        both = f" with the {into:g} s into it" if late is not shot and into else ""
        message = f"the transition of {late.transition.duration:g} s{both} is longer than {whose}: {shot.duration:g} s"
        problems.add(late.where("transition.duration"), message, "make it shorter, or the shot longer")
    problems.shot = None


def _brings(shot: Shot) -> dict[str, str]:
    """The inputs a shot brings, as `wan.variants` names them, and the key each is written under."""
    keys = ("image", "end_image", "audio", "motion", "control", "video")
    brings = {key: key for key in keys if getattr(shot, key) is not None}
    if shot.continuity is not None:
        brings["references" if shot.continuity.by == "reference" else "continuity"] = "continuity"
    return brings


def _inputs(shot: Shot, problems: Problems) -> None:
    brings = _brings(shot)
    variant = VARIANTS.get(shot.variant)
    if variant is None:
        if len(brings) > 1 and not _usable(brings):
            _too_much(shot, brings, problems)
        return
    for name, key in brings.items():
        if name not in variant.inputs:
            able = [other.name for other in VARIANTS.values() if name in other.inputs]
            fix = f"remove it, or use variant: {listed(able)}"
            problems.add(shot.where(key), f"{variant.name} cannot use {key}", fix)
    for name in sorted(variant.needs - brings.keys()):
        led = name == "control" and (parse_camera(shot.camera or "") is not None or any(m.reference for m in shot.cast))
        if not led and not (name == "image" and "continuity" in brings):
            path = ", or a camera path such as `slow pan left`" if name == "control" else ""
            fix = f"add {name}: to the shot{path}, or use variant: auto"
            problems.add(shot.where("variant"), f"{variant.name} needs {name}", fix)


def _usable(keys: Collection[str]) -> bool:
    return any(set(keys) <= other.inputs for other in VARIANTS.values())


def _too_much(shot: Shot, brings: Mapping[str, str], problems: Problems) -> None:
    """At the key that, left out, makes it right; of several the last."""
    apart = [name for name in brings if _usable([other for other in brings if other != name])]
    keys = " and ".join(brings.values())
    alone = " or ".join(brings[name] for name in apart)
    fix = f"remove {alone}, or make several shots of it" if apart else "make several shots of it"
    at = shot.where(brings[apart[-1]]) if apart else shot.place
    problems.add(at, f"no variant can use {keys} in one shot", fix)
