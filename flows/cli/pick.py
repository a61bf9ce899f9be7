"""`wanflow pick`: takes and films that were chosen by eye."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import config_dir_option, json_option

if TYPE_CHECKING:
    from flows.batch.sheet import Sheet
    from flows.cli.pick_target import Target
    from flows.errors import Place


@click.command("pick", short_help="Choose takes, or the film of a sweep, by eye.")
@click.argument("of", metavar="X")
@click.argument("words", nargs=-1, metavar="[FILM] [SHOT=TAKE]... [OVERRIDE]...")
@click.option("--write", is_flag=True, help="Write takes into the storyboard's file, as `take:`.")
@json_option
@config_dir_option
def command(of: str, words: tuple[str, ...], write: bool, as_json: bool, config_dir: Path | None) -> None:
    """Choose which take of a shot is in a film, over the score; X is the film's folder, or its storyboard (with the
    OVERRIDEs that it was made with). Of a sweep (its folder or name) choose a film.

    A choice is kept in the store while the shot has that very take; SHOT=auto forgets it. The next render of the film
    cuts it anew, and renders only what goes on from the shot. Without a choice, what stands is listed.

    \b
    Examples:
      wanflow pick paper_boat                     takes, scores, and who chose
      wanflow pick outputs/the-paper-boat drift=2
      wanflow pick paper_boat river.drift=2 --write
      wanflow pick paper_boat drift=auto
      wanflow pick paper-boat-seed seed-2         a film of a sweep
    """
    from flows.cli.pick_target import Target, find_target

    target = find_target(of, words, config_dir)
    if isinstance(target, Target):
        _film(target, write=write, as_json=as_json)
    else:
        sheet, folder, named = target
        if write:
            raise click.UsageError("--write is for takes; the overrides of a film are said, to be written by hand")
        _sweep(sheet, folder, named, as_json=as_json)


def _film(target: Target, *, write: bool, as_json: bool) -> None:
    from flows.cli.document import print_document
    from flows.cli.pick_words import document_of, listing, outcome
    from flows.film.picking import choices, standings

    film, store = target.film, target.store
    store.check()
    chosen = choices(film, target.choices, store)
    written = False
    if write and not chosen:
        raise click.UsageError("--write: name what is to be written: SHOT=TAKE")
    if chosen:
        written = _kept(target, chosen, write=write)
    after = standings(film, store)
    if as_json:
        print_document(document_of(film, after, written=written))
        return
    for line in outcome(film, chosen, after, written=written) if chosen else listing(film, after, target.written):
        click.echo(line)


def _kept(target: Target, chosen: dict[str, int | None], *, write: bool) -> bool:
    """In the store, or the storyboard's file; whether in that."""
    from datetime import UTC, datetime

    from flows.errors import UserError
    from flows.film.folder import owner_of
    from flows.film.picking import keep
    from flows.person import person
    from flows.storyboard.take_line import write_takes

    film, store = target.film, target.store
    if not write:
        _check_free(target, chosen)
    store.check(writing=True)
    if write:
        path = Path(owner_of(film.storyboard))
        if not path.is_file():
            raise UserError(f"--write: {film.storyboard} is not on this machine")
        if not write_takes(path, chosen):
            raise UserError(f"--write: {path} cannot be changed without touching more\n{_by_hand(chosen)}")
        keep(film, dict.fromkeys(chosen), store, "", "")  # what the file says counts, and is alone
        return True
    keep(film, chosen, store, person(), datetime.now(UTC).isoformat(timespec="milliseconds"))
    return False


def _check_free(target: Target, chosen: dict[str, int | None]) -> None:
    """Raises StoryboardError for shots whose take the storyboard says: a choice in the store would do nothing."""
    from flows.errors import Problem, StoryboardError

    problems = [
        Problem(
            target.written[name],
            "the storyboard says its take here, which wins over a choice in the store",
            _fix(target.written[name], take),
            shot=name,
        )
        for name, take in chosen.items()
        if name in target.written
    ]
    if problems:
        raise StoryboardError(problems)


def _fix(place: Place, take: int | None) -> str:
    if not Path(place.file).is_file():
        return "leave it out"  # an override
    return "change it: add --write" if take else "remove it: add --write"


def _by_hand(chosen: dict[str, int | None]) -> str:
    lines = [
        f"    on {name}: {'remove its take:' if take is None else f'take: {take}'}" for name, take in chosen.items()
    ]
    return "\n".join(["    write it by hand:", *lines])


def _sweep(sheet: Sheet, folder: Path, named: Sequence[str], *, as_json: bool) -> None:
    from datetime import UTC, datetime

    from flows.batch.picking import pick_film, row_of
    from flows.cli.document import print_document
    from flows.cli.pick_words import sweep_document, sweep_lines
    from flows.errors import UserError
    from flows.film.picking import AUTO
    from flows.person import person

    if len(named) > 1:
        raise UserError(f"one film of a sweep is chosen, not {len(named)}: {' '.join(named)}")
    if named:
        film = None if named[0] == AUTO else row_of(sheet, named[0]).name
        sheet = pick_film(sheet, folder, film, person(), datetime.now(UTC).isoformat(timespec="seconds"))
    if as_json:
        print_document(sweep_document(sheet, folder))
        return
    for line in sweep_lines(sheet, folder):
        click.echo(line)
