"""`wanflow review`: decide about the stills or drafts of a film, or of a batch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import config_dir_option, json_option

if TYPE_CHECKING:
    from flows.cli.forms.review import ReviewDocument
    from flows.review.model import Entry, Sheet
    from flows.review.wanted import Answer, Wanted
    from flows.runs.rest import Rest
    from flows.store import Store
    from flows.storyboard.nodes import Source, Text

RUN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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
    by: str | None,
    as_json: bool,
    config_dir: Path | None,
) -> None:
    """Decide about the shots of a FILM that waits: a storyboard that was rendered with --review, the id of a submitted
    RUN, or the folder of a batch. Asks for each shot that is open, with pictures where the terminal draws them; or
    decides what the options say. Decisions are kept in the store with who and when.

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
    from flows.person import SOMEBODY, person

    who = by if by is not None else person() or SOMEBODY
    flags = Flags(approve_all, approve, take, prompt, drop, note, reject)
    answer = _answer(flags, decisions, who)
    with ExitStack() as held:
        waiting = _find(film, overrides, config_dir, held)
        if answer is None and not as_json:
            answer = _asked(waiting, who)
        entry = waiting.decide(answer) if answer is not None else None
    if as_json:
        print_document(_document(waiting, entry, who))
    elif entry is not None:
        _print(waiting, entry)


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


@dataclass(slots=True)
class Review:
    """A film that waits: in a run on a server, or here."""

    sheet: Sheet
    entries: tuple[Entry, ...]
    store: Store
    rest: Rest | None

    def decide(self, answer: Answer) -> Entry:
        """All of it or nothing. Raises UserError when it is wrong, or when somebody was quicker."""
        from flows.review.form import values_of
        from flows.review.history import add_entry, drop_sheet
        from flows.review.wanted import entry_of
        from flows.runs.reviewing import resume

        entry = entry_of(answer, self.sheet, self.entries, datetime.now(UTC))
        if self.rest is not None:
            resume(self.rest, self.sheet.run, values_of(entry, self.sheet))
        else:
            add_entry(self.store, self.sheet.folder, entry)
            if entry.rejected:
                drop_sheet(self.store, self.sheet)
        self.entries = (*self.entries, entry)
        return entry


def _find(film: str, overrides: Sequence[str], config_dir: Path | None, held: ExitStack) -> Review:
    from flows.errors import UserError
    from flows.review.history import folder_of, read_entries, sheet_in, sheet_of_run
    from flows.store import open_store

    if RUN.fullmatch(film):
        from flows.runs.reviewing import check_waits
        from flows.runs.submitting import reached

        rest = held.enter_context(reached())
        store = open_store(check_waits(rest, film))
        sheet = sheet_of_run(store, film)
        if sheet is None:
            raise UserError(f"the sheet of the run {film} is not in the store {store.address}")
        return Review(sheet, read_entries(store, sheet.folder), store, rest)
    batch = _folder(film, overrides, config_dir)
    if batch is not None:
        from flows.batch.showing import waiting_sheet

        store, sheet = waiting_sheet(batch)
        return Review(sheet, read_entries(store, sheet.folder), store, None)
    from flows.project import load, store_of

    project = load(film, overrides, config_dir=config_dir)
    store = store_of(project.settings)
    folder = folder_of(project.storyboard)
    sheet = sheet_in(store, folder)
    if sheet is None:
        raise UserError(
            f"{project.storyboard.title} waits for no decisions\n"
            f"    render what is looked at: wanflow render {film} --review draft    (or stills)"
        )
    return Review(sheet, read_entries(store, folder), store, None)


def _folder(name: str, overrides: Sequence[str], config_dir: Path | None) -> Path | None:
    """That of a batch which was looked at, by its path or its name among the outputs; None: it is a storyboard."""
    from flows.batch.showing import is_reviewed
    from flows.config import compose

    if is_reviewed(Path(name)):
        return Path(name).absolute()
    if name != Path(name).name:
        return None
    folder = compose(overrides, config_dir).settings.film.outputs.absolute() / name
    return folder if is_reviewed(folder) else None


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
    """A note goes with what else is decided of its shot."""
    from flows.review.wanted import Wanted, texts

    sources: list[Source] = []

    def text(name: str, value: str) -> Text:
        source, node = texts(name, value)
        sources.append(source)
        return node

    notes = dict(_pair("--note", each) for each in flags.note)
    wanted: list[Wanted] = []
    for flag, shots in (("approve", flags.approve), ("take", flags.take), ("drop", flags.drop)):
        for shot in shots:
            note = notes.pop(shot, None)
            node = text(f"--{flag} {shot}", shot)
            said = text(f"--note {shot}", note) if note is not None else None
            wanted.append(Wanted(node, text(f"--{flag} {shot}", flag), note=said))
    for shot, prompt in (_pair("--prompt", each) for each in flags.prompt):
        note = notes.pop(shot, None)
        said = text(f"--note {shot}", note) if note is not None else None
        name = f"--prompt {shot}"
        wanted.append(Wanted(text(name, shot), text(name, "prompt"), text(name, prompt), said))
    for shot, note in notes.items():
        name = f"--note {shot}"
        wanted.append(Wanted(text(name, shot), text(name, "note"), note=text(name, note)))
    return tuple(wanted), tuple(sources)


def _pair(flag: str, text: str) -> tuple[str, str]:
    from flows.errors import UserError

    shot, equals, value = text.partition("=")
    if not equals or not shot.strip():
        raise UserError(f'{flag} {text[:60]}: write {flag} SHOT=TEXT, as in {flag} river.drift="..."')
    return shot.strip(), value


def _asked(waiting: Review, who: str) -> Answer | None:
    import sys

    from flows.cli.outcome import say
    from flows.cli.review_ask import ask, show_all
    from flows.cli.review_pictures import here

    sheet = waiting.sheet
    if not sys.stdin.isatty():
        show_all(sheet, waiting.entries)
        flags = "--approve-all, --approve SHOT, --take SHOT, --prompt SHOT=TEXT, --decisions FILE"
        say(f"\nsheet  {sheet.at}\nNext: {flags}")
        return None
    if here() is None:
        say(f"the pictures: {sheet.url or sheet.at}")
    answer = ask(sheet, waiting.entries, waiting.store, who)
    if answer is None:
        say("nothing was decided")
    return answer


def _print(waiting: Review, entry: Entry) -> None:
    from flows.cli.outcome import say
    from flows.review.rounds import open_of
    from flows.storyboard.problems import listed

    sheet = waiting.sheet
    if entry.rejected:
        click.echo(f"{sheet.title} is rejected")
        return
    for decision in entry.decisions:
        extra = f": {decision.prompt}" if decision.prompt else f", seed {decision.seed}" if decision.seed else ""
        click.echo(
            f"{decision.shot.rstrip(':')}  {decision.verdict}{extra}{f'  ({decision.note})' if decision.note else ''}"
        )
        if decision.prompt:
            say(f"    to keep it, write into the {_place(sheet, decision.shot)}: prompt: {decision.prompt}")
    left = open_of(sheet, waiting.entries)
    again = "the same wanflow batch" if sheet.films else f"wanflow render {sheet.name} --review {sheet.kind}"
    if waiting.rest is not None:
        click.echo(f"\nThe run goes on: wanflow fetch {sheet.run}")
    elif left:
        click.echo(f"\nNext: what is looked at again ({listed(left)}): {again}")
    else:
        click.echo(f"\nNext: the {sheet.whole}: {again}")


def _place(sheet: Sheet, shot: str) -> str:
    return f"storyboard, or the table, for {shot}" if sheet.films else f"storyboard at {shot}"


def _document(waiting: Review, entry: Entry | None, who: str) -> ReviewDocument:
    from flows.cli.document import envelope
    from flows.fields import plain
    from flows.review.file import template
    from flows.review.rounds import open_of

    sheet = waiting.sheet
    return {
        **envelope("review"),
        **template(sheet, waiting.entries, who),
        "kind": sheet.kind,
        "page": sheet.at,
        "run": sheet.run,
        "run_url": sheet.url,
        "until": sheet.until.isoformat() if sheet.until else None,
        "open": list(open_of(sheet, waiting.entries)),
        "taken": plain(entry) if entry else None,
        "history": [plain(each) for each in waiting.entries],
    }
