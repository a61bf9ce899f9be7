"""Bars, pages and links of a run: few requests, and none that costs the film."""

from __future__ import annotations

from uuid import UUID, uuid4

import httpx
import pytest

from flows.runs import artifacts
from flows.runs.artifacts import ProgressArtifact, show
from flows.runs.messages import Link, Page, Table

Asked = list[tuple[str, object]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What Prefect was asked for; it answers at once."""
    made: Asked = []

    def create(*, progress: float, description: str) -> UUID:
        made.append((f"bar {description}", progress))
        return uuid4()

    monkeypatch.setattr(artifacts, "create_progress_artifact", create)
    monkeypatch.setattr(artifacts, "update_progress_artifact", lambda _, *, progress: made.append(("to", progress)))
    monkeypatch.setattr(artifacts, "create_markdown_artifact", lambda text, **more: made.append((text, more["key"])))
    monkeypatch.setattr(artifacts, "create_table_artifact", lambda rows, **more: made.append((rows, more["key"])))
    monkeypatch.setattr(artifacts, "create_link_artifact", lambda address, **more: made.append((address, more["key"])))
    return made


def test_what_is_quick_has_no_bar(asked: Asked) -> None:
    bar = ProgressArtifact("launch")
    bar.show(0.5)
    bar.finish()
    assert asked == []


def test_a_bar_is_drawn_now_and_then_and_full_in_the_end(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "UPDATE_SECONDS", 0.0)
    bar = ProgressArtifact("launch")
    bar.show(0.25)
    bar.show(0.5)
    monkeypatch.setattr(artifacts, "UPDATE_SECONDS", 60.0)
    bar.show(0.75)
    bar.finish()
    assert asked == [("bar launch", 25.0), ("to", 50.0), ("to", 100.0)]


def test_a_bar_that_could_not_be_drawn_is_drawn_the_next_time(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "UPDATE_SECONDS", 0.0)
    working = artifacts.create_progress_artifact

    def gone(**ignored: object) -> UUID:
        raise httpx.ConnectError("nobody answers")

    bar = ProgressArtifact("launch")
    monkeypatch.setattr(artifacts, "create_progress_artifact", gone)
    bar.show(0.25)
    monkeypatch.setattr(artifacts, "create_progress_artifact", working)
    bar.show(0.5)
    assert asked == [("bar launch", 50.0)]


def test_pages_tables_and_links_have_their_own_kind(asked: Asked) -> None:
    show(Page("plan", "What", "# text"))
    show(Table("seams", "How", ({"seam": "a → b"},)))
    show(Link("film", "The film", "file:///film.mp4", "film.mp4"))
    assert asked == [("# text", "plan"), ([{"seam": "a → b"}], "seams"), ("file:///film.mp4", "film")]
