"""The contact sheet of a review: a page that opens anywhere, a picture, and Markdown for who looks at the run."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.report.frames import data_uri
from flows.report.templates import environment
from flows.review.films import film_rows, shot_columns
from flows.review.films_picture import INK, MARKS, PAPER, SOFT, films_picture
from flows.review.model import Decision, Entry, Question, Sheet
from flows.review.rounds import Change, Stand, notes_of, open_of, stands
from flows.review.said import Entries, said_in
from flows.storyboard.problems import listed
from flows.words import count

COLUMNS, CELL, GAP, LABEL = 4, 320, 14, 46
MOST_SHOTS = 200
"""On the picture; the page has all of them."""
MOST_FILM_BYTES = 32 * 2**20
"""Of films within a page; what is more is shown as pictures."""
_SPECIAL = re.compile(r"[|*_`\[\]\\!]")


@dataclass(frozen=True, slots=True)
class Card:
    """A shot on the page; `picture` and `film` are data URIs."""

    question: Question
    stand: Stand
    picture: str
    film: str
    notes: tuple[tuple[Entry, Decision], ...]


@dataclass(frozen=True, slots=True)
class Looks:
    """What there is to see, by shot: JPEGs, and films."""

    pictures: Mapping[str, bytes]
    films: Mapping[str, bytes]


def page(sheet: Sheet, entries: Sequence[Entry], looks: Looks, lines: Sequence[str]) -> str:
    """HTML with all pictures in it; `lines` are for the storyboard. Of a batch films are rows, shots columns."""
    said = said_in(entries)
    found = stands(sheet.questions, said)
    room = sum(map(len, looks.films.values())) <= MOST_FILM_BYTES
    cards = [
        Card(
            question,
            found[question.shot],
            _uri(looks.pictures.get(question.shot), "image/jpeg"),
            _uri(looks.films.get(question.shot), "video/mp4") if room else "",
            notes_of(question, said),
        )
        for question in sheet.questions
    ]
    return (
        environment(Path(__file__).parent)
        .get_template("films.html.j2" if sheet.films else "sheet.html.j2")
        .render(
            sheet=sheet,
            cards=cards,
            rows=film_rows(sheet, entries),
            shots=shot_columns(sheet),
            by_shot={card.question.shot: card for card in cards},
            waiting=len(open_of(sheet, entries)),
            command=sheet.command,
            lines=lines,
            look=environment().get_template("look.css.j2").render(),
        )
    )


def storyboard_lines(changes: Sequence[Change]) -> list[str]:
    """What to write into the storyboard, so that it says what was decided."""
    return [
        f"{f'{change.film}: ' if change.film else ''}{change.shot}: {change.key}: {_yaml(change.value)}"
        for change in changes
    ]


def markdown(sheet: Sheet, entries: Sequence[Entry], picture: bytes, problems: Sequence[str] = ()) -> str:
    """The sheet beside a run: its picture lies in the text."""
    decided = said_in(entries)
    found = stands(sheet.questions, decided)
    rows = [
        f"| {named(question)} | {found[question.shot].standing} | {question.seed} | {in_markdown(question.shown)} "
        f"| {in_markdown(_history(question, decided))} |"
        for question in sheet.questions
    ]
    head = ["| shot | | seed | prompt | decided before |", "| --- | --- | ---: | --- | --- |"]
    return "\n\n".join([introduction(sheet, entries, picture, problems), "\n".join([*head, *rows])])


def introduction(sheet: Sheet, entries: Sequence[Entry], picture: bytes, problems: Sequence[str] = ()) -> str:
    """What is asked, with the picture, as Markdown."""
    shown = f"![contact sheet](data:image/jpeg;base64,{base64.b64encode(picture).decode()})" if picture else ""
    lines = [asked(sheet, entries, problems), shown, f"In a terminal: `{sheet.command}`"]
    return "\n\n".join(line for line in lines if line)


def asked(sheet: Sheet, entries: Sequence[Entry], problems: Sequence[str] = ()) -> str:
    """What is asked, until when, and what was wrong with the answer before, as Markdown."""
    waiting = open_of(sheet, entries)
    wrong = [f"**Not taken:** {in_markdown(problem)}" for problem in problems]
    decide = (
        f"**{in_markdown(sheet.title)}**: decide {listed(waiting) if waiting else 'nothing: every shot is decided'}."
    )
    then = time_words(sheet)
    time = f"What is open is {then} after {sheet.until:%Y-%m-%d %H:%M} UTC." if sheet.until else ""
    return "\n\n".join(line for line in [*wrong, decide, time] if line)


def time_words(sheet: Sheet) -> str:
    """What becomes of what is open when its time is up."""
    if sheet.on_timeout == "approve":
        return "approved"
    return "rejected, with the films that have it," if sheet.films else "rejected, with the film,"


def picture(sheet: Sheet, entries: Sequence[Entry], looks: Looks) -> bytes:
    """A JPEG: each shot with its id, how it stands, its seed and the beginning of its prompt."""
    from PIL import Image, ImageDraw, ImageFont, ImageOps

    if sheet.films:
        return films_picture(sheet, entries, looks.pictures)
    found = stands(sheet.questions, entries)
    questions = [question for question in sheet.questions if question.shot in looks.pictures][:MOST_SHOTS]
    if not questions:
        return b""
    opened = [Image.open(io.BytesIO(looks.pictures[question.shot])).convert("RGB") for question in questions]
    height = round(CELL * max(image.height / image.width for image in opened))
    columns = min(COLUMNS, len(questions))
    step = CELL + GAP, height + LABEL + GAP
    size = GAP + columns * step[0], GAP + math.ceil(len(questions) / columns) * step[1]
    canvas, font = Image.new("RGB", size, PAPER), ImageFont.load_default(15)
    draw = ImageDraw.Draw(canvas)
    for place, (question, image) in enumerate(zip(questions, opened, strict=True)):
        left, top = GAP + place % columns * step[0], GAP + place // columns * step[1]
        canvas.paste(ImageOps.pad(image, (CELL, height), Image.Resampling.LANCZOS, PAPER), (left, top))
        standing = found[question.shot].standing
        draw.rectangle((left, top + height, left + CELL, top + height + 3), MARKS[standing])
        draw.text((left, top + height + 7), f"{question.shot[:26]}  {standing}", INK, font)
        said = f"seed {question.seed}  {question.shown}".encode("ascii", "replace").decode()
        draw.text((left, top + height + 26), said[:44], SOFT, ImageFont.load_default(12))
    buffer = io.BytesIO()
    canvas.save(buffer, "JPEG", quality=80, optimize=True)
    return buffer.getvalue()


def named(question: Question) -> str:
    """Its id, and how many films more have the look."""
    more = len(question.films) - 1
    return f"{question.shot}, the same in {count(more, 'film')} more" if more > 0 else question.shot


def _history(question: Question, entries: Entries) -> str:
    said = [
        f"{entry.signed}: {decision.verdict}{f' “{decision.prompt}”' if decision.prompt else ''}"
        f"{f' ({decision.note})' if decision.note else ''}"
        for entry, decision in notes_of(question, entries)
    ]
    return "; ".join(said)


def _yaml(value: str) -> str:
    """As a storyboard has it: numbers bare, text in quotes."""
    return (
        value if value.isdecimal() else '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    )


def _uri(data: bytes | None, kind: str) -> str:
    return data_uri(data, kind) if data else ""


def in_markdown(text: str) -> str:
    """On one line, and as it is: `<boat>` is no tag, `|` ends no cell, `*` begins nothing."""
    return " ".join(_SPECIAL.sub(r"\\\g<0>", text.replace("&", "&amp;").replace("<", "&lt;")).split())
