"""The plan as a person reads it: what is new, what is in the store, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from flows.cli.cost_words import cost_lines
from flows.cost import estimate_cost
from flows.person import person
from flows.planning.model import Clip, Plan, PlannedShot, Take
from flows.shots.keyframes import keyframe_id
from flows.words import count, duration

MOST_ROWS = 60
"""A longer plan shows only what is new, and no more than this."""


MOST_EXTENDED = 20
"""Extended prompts are long: so many are written out."""


def print_plan(plan: Plan, console: Console | None = None) -> None:
    """Table, warnings and sums."""
    console = console or Console(highlight=False)
    console.print(f"[bold]{escape(plan.title)}[/]  {plan.width}x{plan.height}, {plan.fps:g} frames a second")
    rows = shown(plan.shots)
    console.print(_table(rows, first_with_its_takes(plan.shots)))
    if len(rows) < len(plan.shots):
        console.print(f"and {count(len(plan.shots) - len(rows), 'shot')} more; --json has them all")
    below = [
        *extended_lines(rows),
        *take_over_lines(plan, rows),
        *warning_lines(plan),
        sums(plan),
        *cost_lines(estimate_cost(plan), plan.settings),
    ]
    if plan.last_seam is not None and plan.storyboard.continuity.warns:
        below.append(f"worst seam of the last film: {escape(plan.last_seam)}")
    if plan.totals.width > plan.totals.chained_width > 0:
        chain_width = plan.totals.chained_width
        below.append(
            f"by keyframes {count(plan.totals.width, 'take')} can be rendered side by side, "
            f"{chain_width:,} if shots went on from each other"
        )
    if len(plan.critical_path) > 1:
        below.append(f"longest way: {escape(chain(plan.critical_path))}")
    for line in below:
        console.print(line, soft_wrap=not console.is_terminal)


def shown(shots: Sequence[PlannedShot]) -> Sequence[PlannedShot]:
    """The shots worth a row."""
    if len(shots) <= MOST_ROWS:
        return shots
    new = [shot for shot in shots if any(take.status == "new" for take in shot.takes)]
    return new[:MOST_ROWS]


def first_with_its_takes(shots: Sequence[PlannedShot]) -> dict[str, str]:
    """For each shot that has the very takes of an earlier one (the same prompt, seed …), the id of that one."""
    first: dict[tuple[str, ...], str] = {}
    same: dict[str, str] = {}
    for shot in shots:
        earlier = first.setdefault(tuple(take.fingerprint for take in shot.takes), shot.id)
        if earlier != shot.id:
            same[shot.id] = earlier
    return same


def _table(shots: Sequence[PlannedShot], same: Mapping[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("", "shot", "variant"):
        table.add_column(name, no_wrap=True)
    for name in ("length", "takes", "work"):
        table.add_column(name, no_wrap=True, justify="right")
    table.add_column("why", overflow="fold")
    for shot in shots:
        if shot.keyframe is not None:
            table.add_row(*_keyframe_row(shot.id, shot.keyframe))
        table.add_row(*_row(shot, same.get(shot.id)))
    return table


def _keyframe_row(shot: str, still: Take) -> tuple[str, ...]:
    new, clip = still.status == "new", still.clips[0]
    return (
        "[green]+[/]" if new else "[dim]=[/]",
        f"[dim]{escape(keyframe_id(shot))}[/]",
        clip.spec.variant,
        "still",
        "1",
        duration(clip.estimated_seconds) if new else "-",
        escape(still.why),
    )


def _row(shot: PlannedShot, same_as: str | None) -> tuple[str, ...]:
    new = [take for take in shot.takes if take.status == "new" and same_as is None]
    reasons = dict.fromkeys(take.why for take in (new or shot.takes)) if same_as is None else [f"the same as {same_as}"]
    if shot.choice.by_eye:
        reasons = dict.fromkeys([f"take {shot.takes[0].number} {shot.choice.said(person())}", *reasons])
    return (
        "[green]+[/]" if new else "[dim]=[/]",
        f"[bold]{escape(shot.id)}[/]" if new else f"[dim]{escape(shot.id)}[/]",
        shot.variant,
        f"{shot.num_frames / shot.fps:.2f} s",
        f"{len(new)} of {len(shot.takes)}" if new and len(shot.takes) > 1 else str(len(shot.takes)),
        duration(shot.estimated_seconds) if new else "-",
        escape("; ".join(reasons)),
    )


def extended_lines(shots: Sequence[PlannedShot]) -> list[str]:
    """Prompts that were extended, as they are written and as they are rendered; of many the first."""
    extended = [shot for shot in shots if shot.original_prompt is not None]
    lines = []
    for shot in extended[:MOST_EXTENDED]:
        lines.append(f"[bold]{escape(shot.id)}[/] [dim]{escape(shot.original_prompt or '')}[/]")
        lines.append(f"  → {escape(shot.prompt)}")
    more = len(extended) - MOST_EXTENDED
    return lines if more <= 0 else [*lines, f"and {count(more, 'extended prompt')} more; --json has them all"]


def take_over_lines(plan: Plan, shown: Sequence[PlannedShot]) -> list[str]:
    """Of shots that go on from the one before through a transition, from which moment of it; and of those that take
    over more than a frame of another one, or less than that, what it is."""
    lines = []
    for before, shot in pairwise(plan.shots):
        if shot.overlap and shot in shown and before.id in shot.depends_on and shot.goes_on:
            moment = (before.num_frames - shot.overlap) / plan.fps
            lines.append(
                f"[bold]{escape(shot.id)}[/] goes on from {escape(before.id)} after {moment:.2f} s of it, where its "
                f"{shot.transition.kind} begins"
            )
    lines += [line for shot in shown if (line := _taken_over(shot))]
    more = len(lines) - MOST_EXTENDED
    return lines if more <= 0 else [*lines[:MOST_EXTENDED], f"and {count(more, 'shot')} more like this"]


def _taken_over(shot: PlannedShot) -> str:
    """In words, where it is not the last frame alone."""
    name, source = escape(shot.id), escape(", ".join(shot.depends_on))
    if shot.depends_on and not shot.goes_on:
        return f"[bold]{name}[/] is shown a frame of {source}, so that things look the same, and starts anew"
    if shot.known:
        return f"[bold]{name}[/] begins with the {shot.takes_over} of {source}, so that motion goes on, too"
    return ""


def warning_lines(plan: Plan) -> list[str]:
    """Each warning, in the terminal's colours."""
    return [f"[yellow]warning:[/] {escape(warning)}" for warning in plan.warnings]


def sums(plan: Plan) -> str:
    """The last line: takes to render, takes in the store, length of the film, work."""
    totals = plan.totals
    new, stills = totals.takes - totals.cached, totals.keyframes - totals.keyframes_cached
    film = f"a film of {duration(totals.film_seconds)}"
    start, edit = duration(totals.start_seconds), duration(totals.edit_seconds)
    if new == 0:
        work = f"{start} to start, {edit} to edit unless that is done"
        return f"[bold]Plan:[/] nothing to render, {count(totals.takes, 'take')} in the store; {film}; {work}"
    rough = ", a rough guess" if totals.estimate == "rough" else ""
    cached = f", {totals.cached:,} in the store" if totals.cached else ""
    parts = f"start {start}, rendering {duration(totals.rendering_seconds)}, edit {edit}"
    work = f"about {duration(totals.estimated_seconds)} with one worker ({parts}{rough})"
    first = f"{count(stills, 'keyframe')} and " if stills else ""
    return f"[bold]Plan:[/] {first}{count(new, 'take')} to render{cached}; {film}; {work}"


def partial_sums(plan: Plan, clips: Sequence[Clip]) -> str:
    """The same for some of the shots."""
    new = [clip for clip in clips if clip.status == "new"]
    start, rendering = plan.totals.start_seconds, sum(clip.estimated_seconds for clip in new)
    parts = f"(start {duration(start)}, rendering {duration(rendering)})"
    work = f", about {duration(start + rendering)} with one worker {parts}" if new else ""
    return f"[bold]Plan:[/] {count(len(new), 'clip')} to render, {len(clips) - len(new):,} in the store{work}"


def chain(ids: Sequence[str], most: int = 8) -> str:
    """`a → b → c`, the middle left out when it is long."""
    if len(ids) <= most:
        return " → ".join(ids)
    return " → ".join([*ids[: most // 2], f"({len(ids) - most} more)", *ids[-(most // 2) :]])
