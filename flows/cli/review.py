"""`wanflow review`: decide about the stills or drafts of a film, or of a batch."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import config_dir_option, json_option

if TYPE_CHECKING:
    from flows.cli.review_find import Found
    from flows.review.model import Entry
    from flows.review.wanted import Answer, Wanted
    from flows.storyboard.nodes import Source, Text


@click.command("review", short_help="Decide about stills or drafts.")
@click.argument("film")
@click.argument("overrides", nargs=-1, metavar="[OVERRIDE]...")
@click.option("--approve-all", is_flag=True, help="Approve every shot that is still open.")
@click.option("--approve", multiple=True, metavar="SHOT", help="Approve it; may be repeated, as those below.")
@click.option("--take", multiple=True, metavar="SHOT", help="Look at another take of it: the next seed.")
@click.option("--prompt", multiple=True, metavar="SHOT=TEXT", help="Look at it with a new prompt.")
@click.option("--drop", multiple=True, metavar="SHOT", help="Make the film without it.")
@click.option("--note", multiple=True, metavar="SHOT=TEXT", help="Keep a note about it.")
@click.option("--reject", is_flag=True, help="Do not make the film.")
@click.option("--decisions", type=click.Path(path_type=Path), metavar="FILE", help="Decide by a file of JSON or YAML.")
@click.option("--show", is_flag=True, help="Say how it stands and who has decided what, and ask nothing.")
@click.option("--by", metavar="NAME", help="Who decides (default: who is logged in).")
@json_option
@config_dir_option
def command(
    film: str,
    overrides: tuple[str, ...],
    approve_all: bool,
    approve: tuple[str, ...],
    take: tuple[str, ...],
    prompt: tuple[str, ...],
    drop: tuple[str, ...],
    note: tuple[str, ...],
    reject: bool,
    decisions: Path | None,
    show: bool,
    by: str | None,
    as_json: bool,
    config_dir: Path | None,
) -> None:
    """Decide about the shots of a FILM that waits: a storyboard that was rendered with --review, the id of a submitted
    RUN, or the folder of a batch. Asks for each shot that is open, with pictures where the terminal draws them; or
    decides what the options say. Decisions are kept in the store with who and when; when nothing waits any more, that
    is what it says.

    Of a batch SHOT is FILM:SHOT; FILM alone means all of that film, a shot alone that of all films, and --drop FILM
    leaves one out.

    \b
    Examples:
      wanflow review storyboards/my_film.yaml
      wanflow review 0198c2f5-6c44-7d0a-9f3e-5b2f4c1d7e88 --approve-all
      wanflow review my_film --approve river.launch --prompt river.drift="<boat> at night"
      wanflow review outputs/spot-products --approve-all --take a-1:product --drop a-7
      wanflow review my_film --json > decisions.json    and later: --decisions decisions.json
    """
    from flows.cli.document import print_document
    from flows.cli.review_find import find
    from flows.cli.review_words import document_of
    from flows.person import SOMEBODY, person

    who = by if by is not None else person() or SOMEBODY
    answer = _answer(Flags(approve_all, approve, take, prompt, drop, note, reject), decisions, who)
    if show and answer is not None:
        raise click.UsageError("--show and decisions exclude each other")
    with ExitStack() as held:
        found = find(film, overrides, config_dir, held)
        if answer is None and not (as_json or show) and found.sheet is not None:
            answer = _asked(found, who)
        entry = found.decide(answer) if answer is not None else None
    if as_json:
        print_document(document_of(found, entry, who))
    elif entry is not None:
        _say_decided(found, entry)
    elif show or found.sheet is None:
        _show(found)


@dataclass(frozen=True, slots=True)
class Flags:
    """What the options say."""

    approve_all: bool
    approve: tuple[str, ...]
    take: tuple[str, ...]
    prompt: tuple[str, ...]
    drop: tuple[str, ...]
    note: tuple[str, ...]
    reject: bool


def _answer(flags: Flags, decisions: Path | None, who: str) -> Answer | None:
    """What the options say; None: nothing, so the person is asked."""
    from flows.errors import UserError
    from flows.review.file import read_decisions
    from flows.review.wanted import Answer

    said = flags != Flags(False, (), (), (), (), (), False)
    if decisions is not None:
        if said:
            raise UserError("--decisions and other decisions exclude each other; write all into the file")
        return read_decisions(decisions, who)
    if not said:
        return None
    if flags.reject and flags != Flags(False, (), (), (), (), (), True):
        raise UserError("--reject and decisions about shots exclude each other")
    wanted, sources = _wanted(flags)
    return Answer(
        who=who,
        how="wanflow review",
        wanted=wanted,
        approve_rest=flags.approve_all,
        rejected=flags.reject,
        sources=sources,
    )


def _wanted(flags: Flags) -> tuple[tuple[Wanted, ...], tuple[Source, ...]]:
    """Each where it was written; a note goes with what else is decided of its shot (`flows.review.wanted`)."""
    from flows.review.wanted import Wanted, texts

    sources: list[Source] = []

    def text(name: str, value: str) -> Text:
        source, node = texts(name, value)
        sources.append(source)
        return node

    wanted: list[Wanted] = []
    for flag, shots in (("approve", flags.approve), ("take", flags.take), ("drop", flags.drop)):
        for name, shot in ((f"--{flag} {shot}", shot) for shot in shots):
            wanted.append(Wanted(text(name, shot), text(name, flag)))
    for shot, prompt in (_pair("--prompt", each) for each in flags.prompt):
        name = f"--prompt {shot}"
        wanted.append(Wanted(text(name, shot), text(name, "prompt"), text(name, prompt)))
    for shot, note in (_pair("--note", each) for each in flags.note):
        name = f"--note {shot}"
        wanted.append(Wanted(text(name, shot), text(name, "note"), note=text(name, note)))
    return tuple(wanted), tuple(sources)


def _pair(flag: str, text: str) -> tuple[str, str]:
    from flows.errors import UserError

    shot, equals, value = text.partition("=")
    if not equals or not shot.strip():
        raise UserError(f'{flag} {text[:60]}: write {flag} SHOT=TEXT, as in {flag} river.drift="..."')
    return shot.strip(), value


def _asked(found: Found, who: str) -> Answer | None:
    import sys

    from flows.cli.outcome import say
    from flows.cli.review_ask import ask
    from flows.cli.review_pictures import here
    from flows.cli.review_words import next_step, standing_lines
    from flows.review.rounds import open_of

    sheet = found.waiting
    waits = bool(open_of(sheet, found.entries))
    if not sys.stdin.isatty() or not waits:
        for line in standing_lines(sheet, found.entries):
            click.echo(line)
        if not waits:
            say(f"\nEvery shot is decided. {next_step(found)}")
            return None
        flags = "--approve-all, --approve SHOT, --take SHOT, --prompt SHOT=TEXT, --decisions FILE"
        say(f"\nsheet  {sheet.at}\nNext: {flags}")
        return None
    if here() is None:
        say(f"the pictures: {sheet.url or sheet.at}")
    answer = ask(sheet, found.entries, found.store, who)
    if answer is None:
        say("nothing was decided")
    return answer


def _say_decided(found: Found, entry: Entry) -> None:
    from flows.cli.outcome import say
    from flows.cli.review_words import decided_lines, lines_to_write

    for line in decided_lines(found, entry):
        click.echo(line)
    for line in lines_to_write(found.waiting, entry):
        say(line)


def _show(found: Found) -> None:
    """How it stands, and what was decided."""
    from flows.cli.review_words import history_lines, standing_lines

    if found.sheet is None:
        click.echo(f"{found.title} waits for no decisions. What was decided:")
    else:
        for line in standing_lines(found.sheet, found.entries):
            click.echo(line)
        click.echo(f"\nsheet  {found.sheet.at}")
        click.echo("\nWhat was decided:" if found.entries else "\nNothing was decided yet.")
    for line in history_lines(found.entries):
        click.echo(line)
