"""What `wanflow pool` shows, in words and as documents."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from flows.cli.document import envelope
from flows.fields import plain
from flows.words import count, duration

if TYPE_CHECKING:
    from rich.table import Table

    from flows.cli.forms.pool import PoolQueueDocument, PoolStatusDocument
    from flows.cluster.queue import Waiting
    from flows.cluster.status import FilmStatus, PoolStatus, WorkerStatus

SHOWN = 40
"""Clips that are listed for people; programs get all."""
PIPED_WIDTH = 140
DIGITS = 12
"""Of a fingerprint, where people read it."""


def status_document(status: PoolStatus) -> PoolStatusDocument:
    """What `--json` prints."""
    return {**envelope("pool status"), "pool": plain(status)}


def queue_document(clips: Sequence[Waiting], films: Sequence[FilmStatus]) -> PoolQueueDocument:
    """What `--json` prints."""
    return {
        **envelope("pool queue"),
        "clips": [plain(clip) for clip in clips],
        "films": [plain(film) for film in films],
    }


def print_status(status: PoolStatus) -> None:
    """The pool in two tables."""
    busy = sum(bool(worker.clip) for worker in status.workers)
    state = "paused, " if status.paused else "drained: it ends when its films are done, " if status.draining else ""
    click.echo(
        f"Pool {status.name}: {state}{busy} of {count(len(status.workers), 'worker')} at work, "
        f"room for {status.most_workers}; up for {_since(status.since)}; store {status.store}"
    )
    if status.workers:
        _print(("worker", "machine", "state", "since", "models"), map(_worker, status.workers))
    if status.films:
        _print(("film", "id", "priority", "deadline", "clips left", "since", ""), map(_film, status.films))
    else:
        click.echo("No film is being made.")


def print_queue(clips: Sequence[Waiting], films: Sequence[FilmStatus]) -> None:
    """The clips in the order they will be rendered."""
    if not clips:
        click.echo("Nothing waits.")
        return
    titles = {film.film: film.title for film in films}
    _print(("clip", "film", "variant", "state", "since"), (_clip(clip, titles) for clip in clips[:SHOWN]))
    if len(clips) > SHOWN:
        click.echo(f"and {len(clips) - SHOWN:,} more; all of them: wanflow pool queue --json")


def _worker(worker: WorkerStatus) -> tuple[str, ...]:
    state = f"{worker.state} {worker.clip[:DIGITS]}" if worker.clip else worker.state
    name = worker.name if worker.members == 1 else f"{worker.name}, a gang of {worker.members}"
    return (name, worker.node, state, _since(worker.since), ", ".join(worker.models))


def _film(film: FilmStatus) -> tuple[str, ...]:
    due = "" if film.deadline is None else time.strftime("%d %b %H:%M", time.localtime(film.deadline))
    held = "paused" if film.held else ""
    return (film.title, film.film, str(film.priority), due, str(film.left), _since(film.since), held)


def _clip(clip: Waiting, titles: Mapping[str, str]) -> tuple[str, ...]:
    films = ", ".join(titles.get(film, film) for film in clip.films) or "nobody"
    return (clip.fingerprint[:DIGITS], films, clip.variant, _state(clip), _since(clip.since))


def _state(clip: Waiting) -> str:
    match clip.state:
        case "running":
            return f"on {clip.worker}"
        case "waiting":
            return f"waits for {', '.join(name[:DIGITS] for name in clip.waits_for)}"
        case "preparing":
            return "waits for its driving video, that another clip prepares"
        case state:
            return state


def _since(moment: float | None) -> str:
    return "" if moment is None else duration(max(0.0, time.time() - moment))


def _print(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    table = _table(columns)
    for row in rows:
        table.add_row(*map(escape, row))
    console.print(table)


def _table(columns: Sequence[str]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(name, justify="right" if name in ("priority", "clips left", "since") else "left")
    return table
