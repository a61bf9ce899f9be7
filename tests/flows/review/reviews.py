"""Reviews made by hand, and films whose looks are in the store as if a machine had rendered them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from flows.cluster.stub import StubRenderer
from flows.planning.model import Plan
from flows.project import Project, load
from flows.review.model import Decision, Entry, Question, Sheet, Verdict
from flows.review.prepare import Reviewed, Wish, prepare
from flows.store import open_store

NOW = datetime(2026, 11, 30, 9, 12, tzinfo=UTC)
STORYBOARD = """
storyboard: 1
title: The reviewed boat
seed: 3
look: {style: flat colours}
cast:
  boat: {description: a red boat}
shot_defaults: {duration: 0.5s}
scenes:
  - id: river
    shots:
      - {id: launch, prompt: <boat> moves right}
      - {id: drift, prompt: <boat> comes closer, continuity: {from: previous}}
      - {id: night, prompt: <boat> at night, transition: {kind: dissolve, duration: 0.2s}}
"""


class Unheard:
    """Of a renderer that nobody stops."""

    def progress(self, stage: str, step: int, steps: int) -> None: ...

    def should_stop(self) -> bool:
        return False


def question(shot: str, look: str = "f0", **given: Any) -> Question:
    words = given.pop("words", f"words of {shot}")
    usual = {"words": words, "prompt": words, "seed": 3, "written": words, "written_seed": 3}
    return Question(**{"shot": shot, "look": look, **usual, **given})


def sheet(*questions: Question, **given: Any) -> Sheet:
    usual: dict[str, Any] = {
        "title": "Boat",
        "kind": "draft",
        "name": "boat",
        "folder": "reviews/boat-000000000000",
        "number": 0,
        "since": NOW,
        "cast": {"boat": "a red boat"},
    }
    return Sheet(**{**usual, **given}, questions=questions)


def decision(shot: str, verdict: Verdict, look: str = "f0", **given: Any) -> Decision:
    return Decision(shot=shot, verdict=verdict, look=look, **given)


def entry(number: int, *decisions: Decision, who: str = "maria", **given: Any) -> Entry:
    return Entry(number=number, when=NOW, who=who, how="a test", decisions=decisions, **given)


def film(folder: Path) -> list[str]:
    """A storyboard in `folder`, and the overrides it is made with."""
    path = folder / "boat.yaml"
    if not path.exists():
        path.write_text(STORYBOARD)
    return [f"store.address={folder / 'store'}", f"film.outputs={folder / 'outputs'}", "film.preset=ultrafast"]


def loaded(folder: Path, decided: Sequence[str] = ()) -> Project:
    return load(folder / "boat.yaml", [*film(folder), *decided])


def prepared(folder: Path, kind: Any = "draft", now: datetime = NOW) -> Reviewed:
    return prepare(partial(loaded, folder), Wish(kind=kind, name="boat"), now)


def rendered(plan: Plan | None) -> None:
    """Its clips are in the store."""
    for clip in plan.clips if plan else ():
        store = open_store(plan.settings.store.address) if plan else open_store(None)
        if not store.finished([clip.fingerprint]):
            store.publish(StubRenderer(threads=1, seconds=0).render(clip, store, Unheard()))
