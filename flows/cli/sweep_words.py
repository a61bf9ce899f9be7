"""A sweep in words: what would be done, and what was."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from flows.batch.sweep_names import short_keys
from flows.cli.batch_words import MOST_ROWS, MOST_WARNINGS, lost_lines, next_step, sums
from flows.cli.cost_words import batch_cost_lines, batch_spent, spent_lines
from flows.cli.render import shown_path
from flows.words import count, duration

if TYPE_CHECKING:
    from flows.batch.make import BatchResult
    from flows.batch.plan import BatchPlan


def plan_lines(plan: BatchPlan) -> list[str]:
    """Films and what differs in them, what they share, what is in the store, and how long it takes."""
    short = short_keys(plan.columns)
    lines = [f"{plan.called}: {count(len(plan.films), 'film')} of {plan.storyboard.name}, in {shown_path(plan.folder)}"]
    for planned in plan.films[:MOST_ROWS]:
        new = sum(clip.status == "new" for clip in planned.plan.clips)
        differs = ", ".join(f"{short[key]}: {value}" for key, value in planned.film.variables.items())
        length = duration(planned.plan.totals.film_seconds)
        lines.append(f"{'+' if new else '='} {planned.name}  {differs}  {length}")
    if len(plan.films) > MOST_ROWS:
        lines.append(f"and {count(len(plan.films) - MOST_ROWS, 'film')} more; --json has them all")
    lines += [f"warning: {text}" for text in plan.warnings[:MOST_WARNINGS]]
    if len(plan.warnings) > MOST_WARNINGS:
        lines.append(f"and {len(plan.warnings) - MOST_WARNINGS:,} more warnings; --json has them all")
    return [*lines, sums(plan), *batch_cost_lines(plan)]


def closing_lines(result: BatchResult) -> list[str]:
    """Where everything is, and what is not there."""
    states = Counter(entry.state for entry in result.entries)
    said = ", ".join(f"{number:,} {state}" for state, number in states.items())
    lost = [entry for entry in result.entries if not entry.finished]
    made = [entry for entry in result.entries if entry.finished]
    lines = ["", f"films     {shown_path(result.folder)}: {said}", f"sheet     {shown_path(result.gallery)}"]
    lines += [f"picture   {shown_path(result.sheet)}"] if result.sheet else []
    lines += [f"manifest  {shown_path(result.manifest)}, {result.parquet.name}"]
    lines += [f"{count(result.rendered, 'clip')} rendered in {duration(result.seconds)}"]
    lines += spent_lines(batch_spent(result.entries))
    lines += [*lost_lines(lost, lambda entry: entry.name), ""]
    lines += [next_step(lost)] if lost else []
    if made:
        best = "      or keep the best of what is there" if lost else "Next: keep the best"
        lines.append(f"{best}: wanflow pick {shown_path(result.folder)} {made[0].name}")
    return lines
