"""Rendering what is looked at, and laying out the sheet: the film's own folder has it under `review/`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from flows.edit.timeline import chosen_take
from flows.events import Event, WaitsForReview
from flows.film.making import Making, Waiting
from flows.film.result import FilmResult
from flows.media import jpeg_bytes, load_image
from flows.planning.model import Plan
from flows.review.history import put_sheet
from flows.review.looks import FOLDER
from flows.review.model import Sheet
from flows.review.page import Looks, markdown, page, picture, storyboard_lines
from flows.review.prepare import Reviewed, begun
from flows.store import Store
from flows.words import count
from wan.system.files import write_atomically

PAGE, PICTURE = "sheet.html", "sheet.jpg"
GIVEN_WIDTH = 640
"""Pixels of a picture that a shot is given."""


class Render(Protocol):
    """What renders a plan: `flows.film.make_film`, whoever watches."""

    def __call__(self, plan: Plan, *, instead: Callable[[Making], None]) -> FilmResult: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """The sheet, what there is to see, where the page lies, and what rendering took (None: nothing was rendered)."""

    sheet: Sheet
    page: Path
    picture: bytes
    looks: Looks
    result: FilmResult | None


def show(
    reviewed: Reviewed,
    render: Render,
    problems: Sequence[str] = (),
    clock: Callable[[], datetime] | None = None,
) -> Shown:
    """Render what is missing of what is looked at, and lay out the sheet: on disk, and in the store for who decides
    elsewhere. The time for that begins then. No worker is left. Raises as `make_film`."""
    shown: list[Shown] = []

    def lay_out(making: Making) -> None:
        looks = _looks(reviewed, making)
        shown.append(_laid_out(reviewed, looks, making.folder, (clock or _now)()))
        making.report = shown[0].page
        made = shown[0]
        making.waiting = Waiting(
            message(made.sheet, reviewed), markdown(made.sheet, reviewed.entries, made.picture, problems)
        )

    if reviewed.looks is None:
        settings, board = reviewed.project.settings.film, reviewed.project.storyboard
        folder = settings.outputs.absolute() / board.slug / (settings.subfolder or "") / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        return _laid_out(reviewed, _looks(reviewed, None), folder, (clock or _now)())
    result = render(reviewed.looks, instead=lay_out)
    return replace(shown[0], result=result)


def message(sheet: Sheet, reviewed: Reviewed) -> str:
    """What the run says while it waits."""
    return waiting_words(sheet, reviewed.open)


def waiting_words(sheet: Sheet, waiting: Sequence[str]) -> str:
    """What waits, and what to do."""
    return f"{count(len(waiting), 'shot')} to decide, looking at {sheet.looking}: {sheet.command}"


def event_of(shown: Shown, reviewed: Reviewed, url: str = "") -> Event:
    """For who hears of films."""
    return waiting_event(shown.sheet, shown.page, reviewed.open, url)


def waiting_event(sheet: Sheet, page: Path, waiting: tuple[str, ...], url: str = "") -> Event:
    """People have to decide."""
    return WaitsForReview(
        fingerprint="",
        title=sheet.title,
        kind=sheet.kind,
        shots=waiting,
        page=str(page),
        url=sheet.url or url,
        command=sheet.command,
        until=sheet.until.isoformat() if sheet.until else "",
    )


def _looks(reviewed: Reviewed, making: Making | None) -> Looks:
    pictures: dict[str, bytes] = {}
    films: dict[str, bytes] = {}
    shots = {shot.full_id: shot for shot in reviewed.project.storyboard.shots}
    for question in reviewed.sheet.questions:
        image = shots[question.shot].image
        if question.given and image is not None:
            pictures[question.shot] = jpeg_bytes(load_image(image), width=GIVEN_WIDTH)
    for planned in making.plan.shots if making else ():
        assert making is not None
        record = making.records[chosen_take(planned, making.records).fingerprint]
        pictures[planned.id] = making.store.read(record.thumbnail)
        if reviewed.sheet.kind == "draft":
            films[planned.id] = making.edit_shot(planned).read_bytes()
    return Looks(pictures, films)


def _laid_out(reviewed: Reviewed, looks: Looks, folder: Path, now: datetime) -> Shown:
    entries = reviewed.entries
    sheet = begun(reviewed.sheet, reviewed.project.settings.review, now)
    html, jpeg = page(sheet, entries, looks, storyboard_lines(reviewed.changes)), picture(sheet, entries, looks)
    write_atomically(folder / PAGE, html)
    (folder / PICTURE).write_bytes(jpeg)
    return Shown(kept(sheet, looks, html, jpeg, folder, reviewed.store), folder / PAGE, jpeg, looks, None)


def kept(sheet: Sheet, looks: Looks, html: str, jpeg: bytes, folder: Path, store: Store) -> Sheet:
    """The sheet as it is in the store now, with all that there is to see, for who decides elsewhere."""
    questions = tuple(
        replace(
            question,
            picture=store.put_bytes(looks.pictures[question.shot]) if question.shot in looks.pictures else "",
            film=store.put_bytes(looks.films[question.shot]) if question.shot in looks.films else "",
        )
        for question in sheet.questions
    )
    at = str(folder / PAGE)
    sheet = replace(
        sheet, questions=questions, page=store.put_bytes(html.encode()), picture=store.put_bytes(jpeg), at=at
    )
    put_sheet(store, sheet)
    return sheet


def _now() -> datetime:
    return datetime.now(UTC)
