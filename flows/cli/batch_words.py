"""A batch in words: what would be done, and what was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flows.batch.faults import grouped
from flows.cli.cost_words import batch_cost_lines, batch_spent, spent_lines
from flows.cli.render import shown_path
from flows.words import count, duration

if TYPE_CHECKING:
    from flows.batch.make import BatchResult
    from flows.batch.manifest import Entry
    from flows.batch.plan import BatchPlan

MOST_ROWS = 20
"""Films that are written out of a plan, and of those that could not be made."""
MOST_WARNINGS = 10


def plan_lines(plan: BatchPlan) -> list[str]:
    """Films, what they share, what is in the store, and how long it takes."""
    totals = plan.totals
    lines = [f"{plan.called}: {count(totals.films, 'film')} of {plan.storyboard.name}, in {shown_path(plan.folder)}"]
    for planned in plan.films[:MOST_ROWS]:
        new = sum(clip.status == "new" for clip in planned.plan.clips)
        mark = "+" if new else "="
        lines.append(f"{mark} row {planned.film.row:<5} {planned.name}  {duration(planned.plan.totals.film_seconds)}")
    if totals.films > MOST_ROWS:
        lines.append(f"and {count(totals.films - MOST_ROWS, 'film')} more; --json has them all")
    table = plan.table or plan.storyboard
    lines += [f"left out: {text}" for text in grouped(table, plan.bad)]
    warnings = grouped(table, plan.remarks)
    lines += [f"warning: {text}" for text in warnings[:MOST_WARNINGS]]
    if len(warnings) > MOST_WARNINGS:
        lines.append(f"and {len(warnings) - MOST_WARNINGS:,} more kinds of warnings; --json has them all")
    return [*lines, sums(plan), *batch_cost_lines(plan)]


def sums(plan: BatchPlan) -> str:
    """The last line of a plan."""
    totals = plan.totals
    shared = f", {totals.shared:,} of them shared with another film" if totals.shared else ""
    cached = f", {totals.cached:,} in the store" if totals.cached else ""
    films = f"films of {duration(totals.film_seconds)} in all"
    work = f"about {duration(totals.estimated_seconds)} with one worker"
    clips = f"{count(totals.clips, 'clip')}{shared}; {count(totals.new, 'clip')} to render{cached}"
    return f"Plan: {clips}; {films}; {work}"


def closing_lines(result: BatchResult) -> list[str]:
    """Where everything is, and what is not there."""
    states = Counter(entry.state for entry in result.entries)
    said = ", ".join(f"{number:,} {state}" for state, number in states.items())
    lost = [entry for entry in result.entries if not entry.finished and entry.state != "rejected"]
    rejected = [entry for entry in result.entries if entry.state == "rejected"]
    lines = ["", f"films     {shown_path(result.folder)}: {said}"]
    lines += [f"gallery   {shown_path(result.gallery)}"]
    lines += [f"manifest  {shown_path(result.manifest)}, {result.parquet.name}"]
    lines += [f"{count(result.rendered, 'clip')} rendered in {duration(result.seconds)}"]
    lines += spent_lines(batch_spent(result.entries))
    lines += lost_lines(lost, lambda entry: f"row {entry.row} {entry.name}".rstrip())
    lines += [f"    row {entry.row} {entry.name}: {entry.error}" for entry in rejected[:MOST_ROWS]]
    return [*lines, f"\n{next_step(lost)}"] if lost else lines


def lost_lines(lost: Sequence[Entry], named: Callable[[Entry], str]) -> list[str]:
    """Of films that are not made why; what several were stopped for is said once."""
    reasons = Counter((entry.state, entry.error) for entry in lost if entry.state == "stopped")
    lines = []
    for entry in lost:
        alike = reasons.pop((entry.state, entry.error), 0) if entry.state == "stopped" else 1
        more = f" and {count(alike - 1, 'film')} more" if alike > 1 else ""
        if alike:
            lines.append(f"    {named(entry)}{more}: {entry.state}: {entry.error}")
    more_lines = len(lines) - MOST_ROWS
    return lines if more_lines <= 0 else [*lines[:MOST_ROWS], f"    and {more_lines:,} more; the manifest has them all"]


def next_step(lost: Sequence[Entry]) -> str:
    """What to do about films that are not made: those that a cap has stopped are nobody's mistake."""
    stopped = [entry for entry in lost if entry.state == "stopped"]
    steps = ["mend these"] if len(stopped) < len(lost) else []
    steps += ["raise the cap"] if stopped else []
    return f"Next: {', '.join(steps)}, and run the same command again: what is made is kept"
