"""What can only be said of the whole film: cycles, and transitions against their shots."""

from __future__ import annotations

from collections.abc import Sequence

from flows.storyboard.model import Shot, Storyboard
from flows.storyboard.problems import Problems


def check_film(storyboard: Storyboard, problems: Problems) -> None:
    """Add what is wrong between shots."""
    _cycles(storyboard.shots, problems)
    _transitions(storyboard.shots, problems)


def _cycles(shots: Sequence[Shot], problems: Problems) -> None:
    """A shot continues at most one other, so following the references finds every cycle."""
    by_id = {shot.full_id: shot for shot in shots}
    done: set[str] = set()
    for start in by_id:
        way: dict[str, None] = {}
        name: str | None = start
        while name is not None and name not in done and name not in way:
            way[name] = None
            shot = by_id.get(name)
            name = shot.continuity.source if shot and shot.continuity and shot.continuity.waits else None
        if name is not None and name in way:
            names = list(way)
            _cycle([by_id[inside] for inside in names[names.index(name) :]], problems)
        done.update(way)


def _cycle(cycle: Sequence[Shot], problems: Problems) -> None:
    first = min(cycle, key=lambda shot: (shot.place.file, shot.place.line, shot.place.column))
    number = cycle.index(first)
    names = [shot.full_id for shot in (*cycle[number:], *cycle[: number + 1])]
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
        problems.shot = late.full_id
        whose = "this shot" if late is shot else f"the shot before ({shot.full_id})"
        both = f" with the {into:g} s into it" if late is not shot and into else ""
        message = f"the transition of {late.transition.duration:g} s{both} is longer than {whose}: {shot.duration:g} s"
        problems.add(late.where("transition.duration"), message, "make it shorter, or the shot longer")
    problems.shot = None
