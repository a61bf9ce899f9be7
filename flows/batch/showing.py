"""Rendering what people look at of a batch, each look once, and laying out its sheet: `review/` in its folder."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from flows.batch.make import BatchResult, Instead
from flows.batch.making import BatchMaking
from flows.batch.plan import BatchPlan
from flows.batch.reviewing import ReviewedBatch
from flows.edit import edit_film, make_timeline
from flows.film.making import Making, Waiting
from flows.media import jpeg_bytes, load_image
from flows.review.history import sheet_in
from flows.review.looks import FOLDER
from flows.review.make import GIVEN_WIDTH, PAGE, PICTURE, kept, waiting_words
from flows.review.model import Sheet
from flows.review.page import Looks, markdown, page, picture, storyboard_lines
from flows.review.prepare import begun
from flows.store import Store, open_store
from wan.system.files import write_atomically

DRAFTS = "looks"
"""The folder of drafts, each called after its fingerprint."""
WHERE = "review.json"


class Render(Protocol):
    """What makes a batch: `flows.batch.make_batch`, whoever watches."""

    def __call__(self, plan: BatchPlan, *, instead: Instead) -> BatchResult: ...


@dataclass(frozen=True, slots=True)
class ShownBatch:
    """As `flows.review.make.Shown`; `result` None: nothing was rendered."""

    sheet: Sheet
    page: Path
    picture: bytes
    looks: Looks
    result: BatchResult | None = None


def show_batch(
    reviewed: ReviewedBatch,
    render: Render,
    problems: Sequence[str] = (),
    clock: Callable[[], datetime] | None = None,
) -> ShownBatch | BatchResult:
    """Render what is missing of what is looked at, and lay out the sheet, on disk and in the store. No worker is left.
    Where a look could not be rendered, the result alone, which says why. Raises as `make_batch`."""
    looking = _Looking(reviewed, problems, clock or _now)
    if reviewed.looks is None:
        return looking.laid_out()
    result = render(reviewed.looks, instead=looking)
    return replace(looking.shown, result=result) if looking.shown else result


def reviewed_in(folder: Path) -> tuple[Store, str, Sheet | None, str]:
    """Of a batch which was looked at: the store, where its decisions are kept in there, and what is asked; None:
    nothing, or not here, and why."""
    said = json.loads((folder / FOLDER / WHERE).read_bytes())
    store, decisions = open_store(said["store"]), str(said["folder"])
    if said["run"]:
        why = f"{folder} is made by a run, which has asked; decide there: wanflow review {said['run']}"
        return store, decisions, None, why
    why = (
        f"the batch {folder.name} waits for no decisions\n"
        "    render what is looked at: wanflow batch … --review draft    (or stills)"
    )
    return store, decisions, sheet_in(store, decisions), why


def is_reviewed(folder: Path) -> bool:
    """Whether it is that of a batch which was looked at."""
    return (folder / FOLDER / WHERE).is_file()


class _Looking:
    """An `Instead`: of each film its drafts, of all of them the sheet."""

    def __init__(self, reviewed: ReviewedBatch, problems: Sequence[str], clock: Callable[[], datetime]) -> None:
        self._reviewed, self._problems, self._clock = reviewed, problems, clock
        self._folder = reviewed.plan.folder / FOLDER
        self._begun: set[str] = set()
        self._lock = threading.Lock()
        self.shown: ShownBatch | None = None

    def film(self, making: Making) -> None:
        """The drafts that no other film has made."""
        for shot in making.plan.shots if self._reviewed.sheet.kind == "draft" else ():
            look = shot.takes[0].fingerprint
            with self._lock:
                if look in self._begun:
                    continue
                self._begun.add(look)
            path = self._draft(look)
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                timeline = make_timeline(making.plan.alone(shot), making.records, making.store)
                edit_film(timeline, path, making.plan.settings.film)

    def batch(self, making: BatchMaking) -> Waiting:
        """The sheet, and what people are told of it."""
        self.shown = self.laid_out()
        sheet, entries = self.shown.sheet, self._reviewed.entries
        return Waiting(
            waiting_words(sheet, self._reviewed.open), markdown(sheet, entries, self.shown.picture, self._problems)
        )

    def laid_out(self) -> ShownBatch:
        """Page, picture, and the sheet in the store."""
        reviewed, looks = self._reviewed, self._looks()
        self._folder.mkdir(parents=True, exist_ok=True)
        sheet = begun(reviewed.sheet, reviewed.plan.settings.review, self._clock())
        html = page(sheet, reviewed.entries, looks, storyboard_lines(reviewed.changes))
        jpeg = picture(sheet, reviewed.entries, looks)
        write_atomically(self._folder / PAGE, html)
        (self._folder / PICTURE).write_bytes(jpeg)
        where = {"store": reviewed.store.address, "folder": sheet.folder, "run": sheet.run}
        write_atomically(self._folder / WHERE, json.dumps(where))
        sheet = kept(sheet, looks, html, jpeg, self._folder, reviewed.store)
        return ShownBatch(sheet, self._folder / PAGE, jpeg, looks)

    def _looks(self) -> Looks:
        reviewed = self._reviewed
        boards = {each.name: each.film.storyboard for each in reviewed.plan.films}
        pictures: dict[str, bytes] = {}
        films: dict[str, bytes] = {}
        for question in reviewed.sheet.questions:
            if question.given:
                shots = boards[question.films[0]].shots
                image = next(shot.image for shot in shots if shot.full_id == question.own)
                if image is not None:
                    pictures[question.shot] = jpeg_bytes(load_image(image), width=GIVEN_WIDTH)
                continue
            record = reviewed.store.record(question.look)
            if record is not None:
                pictures[question.shot] = reviewed.store.read(record.thumbnail)
            if self._draft(question.look).is_file():
                films[question.shot] = self._draft(question.look).read_bytes()
        return Looks(pictures, films)

    def _draft(self, look: str) -> Path:
        return self._folder / DRAFTS / f"{look}.mp4"


def _now() -> datetime:
    return datetime.now(UTC)
