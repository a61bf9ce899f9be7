"""Asking a person in the terminal, shot by shot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flows.review.model import Entry, Question, Sheet
    from flows.review.wanted import Answer, Wanted
    from flows.store import Store
    from flows.storyboard.nodes import Source

KEYS = {"a": "approve", "t": "take", "p": "prompt", "d": "drop", "n": "note", "l": "later", "q": "quit"}
CHOICE = "[a]pprove, another [t]ake, new [p]rompt, [d]rop, [n]ote, [l]ater, [q]uit"


def ask(sheet: Sheet, entries: Sequence[Entry], store: Store, who: str) -> Answer | None:
    """What the person decides about what is open; None: nothing. What is wrong is asked again."""
    from flows.review.rounds import open_of
    from flows.review.wanted import Answer

    wanted: list[Wanted] = []
    sources: list[Source] = []
    waiting = open_of(sheet, entries)
    for number, shot in enumerate(waiting, 1):
        question = sheet.of(shot)
        _show(question, entries, store, f"{number} of {len(waiting)}")
        decided = _decided(question, sheet, entries, who, sources)
        if decided == "quit":
            break
        if not isinstance(decided, str):
            wanted.append(decided)
    if not wanted:
        return None
    return Answer(who=who, how="wanflow review", wanted=tuple(wanted), sources=tuple(sources))


def _show(question: Question, entries: Sequence[Entry], store: Store, place: str) -> None:
    from flows.cli.review_pictures import drawn, here
    from flows.errors import StoreError
    from flows.review.rounds import notes_of

    click.echo(f"\n{question.shot}  ({place})")
    protocol = here()
    if protocol and question.picture:
        try:
            click.echo(drawn(store.read(question.picture), protocol), nl=False)
        except StoreError as error:
            click.echo(f"  its picture cannot be read: {error}", err=True)
    click.echo(f"  {question.shown}")
    click.echo("  the picture that it starts from" if question.given else f"  seed {question.seed}")
    for entry, decision in notes_of(question, entries)[:5]:
        said = " ".join(filter(None, (decision.verdict, decision.prompt, decision.note)))
        click.echo(f"  {entry.signed}: {said}")


def _decided(
    question: Question, sheet: Sheet, entries: Sequence[Entry], who: str, sources: list[Source]
) -> Wanted | str:
    """`later` and `quit` are words; what is wrong is said, and asked again."""
    from flows.errors import UserError
    from flows.review.wanted import Answer, Wanted, entry_of, texts

    note = None
    while True:
        key = click.prompt(f"  {CHOICE}", default="a", show_default=True)
        word = KEYS.get(key.strip()[:1].lower(), "")
        if word in ("later", "quit"):
            return Wanted(texts("shot", question.shot)[1], note=note) if note and word == "later" else word
        if word == "note":
            source, note = texts("note", click.prompt("  note"))
            sources.append(source)
            continue
        if not word:
            click.echo("  one of these letters", err=True)
            continue
        prompt = None
        if word == "prompt":
            source, prompt = texts("prompt", click.prompt("  prompt", default=question.words, show_default=False))
            sources.append(source)
        wanted = Wanted(texts("shot", question.shot)[1], texts("decision", word)[1], prompt, note)
        try:
            if word != "drop":  # whether it can be is seen when all is decided
                entry_of(Answer(who=who, how="", wanted=(wanted,)), sheet, entries, datetime.now(UTC))
        except UserError as error:
            click.echo(f"  {error}", err=True)
            continue
        return wanted
