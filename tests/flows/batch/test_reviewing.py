"""The review of a batch from its first sheet to its films: each look once, decided for every film that has it."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from flows.batch.make import make_batch
from flows.batch.reviewing import final_batch
from flows.batch.showing import ShownBatch, is_reviewed, reviewed_in, show_batch
from flows.cluster import RendererSpec
from flows.cluster.session import RaySession
from flows.config import compose
from flows.errors import StoryboardError, TableError, UserError
from flows.review.history import drop_sheet, read_entries
from flows.review.prepare import after_time_out
from tests.flows.batch.batches import asked, table
from tests.flows.batch.reviews import NOW, STORYBOARD, batch, decide, in_store, prepared, shown


@pytest.mark.parametrize("kind", ["draft", "stills"])
def test_from_the_first_sheet_to_the_films(tmp_path: Path, kind: str) -> None:
    asking = batch(tmp_path, "boat", "kite", "star")
    first = prepared(asking, kind)
    ends = ["boat:all.end", "kite:all.end", "star:all.end"] if kind == "draft" else ["boat:all.end"]
    own = ["boat:all.own", "kite:all.own", "star:all.own"]
    assert sorted(first.open) == sorted(["boat:all.opening", *own, *ends])
    assert first.sheet.of("boat:all.opening").films == ("boat", "kite", "star")
    sheet = shown(first)
    folder = tmp_path / "outputs/film-rows"
    assert sheet.page == folder / "review/sheet.html"
    assert 'the same as in <a href="#boat:all.opening">boat</a>, decided there' in sheet.page.read_text()
    assert not (folder / "manifest.json").exists()
    assert is_reviewed(folder)
    kept = reviewed_in(folder)[2]
    assert kept is not None
    assert first.store.holds([question.picture for question in kept.questions])
    assert bool(kept.questions[0].film) == (kind == "draft")

    decide(first, "approve opening", "approve boat", "take kite:own", "prompt star:own=a green star", "drop kite:end")
    second = prepared(asking, kind)
    assert [each for each in second.open if each.endswith("own")] == ["kite:all.own", "star:all.own"]
    assert (second.sheet.of("kite:all.own").seed, second.sheet.of("star:all.own").words) == (4, "a green star")
    assert second.sheet.of("boat:all.own").prompt == "boat", "what was decided of one film is that film's"
    assert "star: all.own: prompt: &#34;a green star&#34;" in shown(second).page.read_text()

    again = ["drop kite:end"] if kind == "draft" else []  # it goes on from another take now: another look
    decide(second, "approve kite:own", "drop star", *again, who="jo")
    last = prepared(asking, kind)
    assert last.open == ()
    final = final_batch(last)
    in_store(final)
    result = make_batch(final)
    assert result.complete
    assert [(entry.name, entry.state) for entry in result.entries] == [
        ("boat", "made"),
        ("kite", "made"),
        ("star", "rejected"),
    ]
    boat, kite, star = result.entries
    assert star.error == "rejected by jo on 2026-11-30 09:12 UTC"
    written = json.loads((folder / "kite/plan.json").read_text())
    shots = {shot["id"]: shot["approved"] for shot in written["shots"]}
    assert [*shots] == ["all.opening", "all.own"]
    assert shots["all.own"] == "jo on 2026-11-30 09:12 UTC"
    assert (boat.clips, kite.clips) == (3, 2) if kind == "draft" else (2, 2), "of stills the end is one look for all"


def test_decisions_hold_by_look_over_reruns_and_for_new_rows(tmp_path: Path) -> None:
    first = prepared(batch(tmp_path, "boat", "kite"))
    decide(first, "approve opening", "approve boat:own", "approve boat:end")
    more = prepared(batch(tmp_path, "star", "boat", "kite"))
    assert more.sheet.of("star:all.opening").films == ("star", "boat", "kite")
    assert "star:all.opening" not in more.open
    assert sorted(more.open) == ["kite:all.end", "kite:all.own", "star:all.end", "star:all.own"]
    edited = prepared(batch(tmp_path, "boat", "kite", storyboard=STORYBOARD.replace("moves up", "moves down")))
    assert "boat:all.opening" in edited.open
    assert "boat:all.own" not in edited.open


def test_a_film_that_is_left_out_is_looked_at_no_more_until_it_is_another(tmp_path: Path) -> None:
    asking = batch(tmp_path, "boat", "kite")
    decide(prepared(asking), "drop kite", "take opening")
    second = prepared(asking)
    assert all("kite" not in question.films for question in second.sheet.questions)
    assert second.looks is not None
    assert [planned.name for planned in second.looks.films] == ["boat"]
    decide(second, "approve kite")
    assert "kite:all.own" in prepared(asking).open
    decide(prepared(asking), "drop kite")
    edited = STORYBOARD.replace('prompt: "{{ product }}"', 'prompt: "a {{ product }}"')
    assert "kite:all.own" in prepared(batch(tmp_path, "boat", "kite", storyboard=edited)).open


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("approve gone:own", "no film of film-rows is called 'gone'"),
        ("approve boat:gone", "no shot of boat is called 'gone'"),
        ("approve gone", "no film or shot of film-rows is called 'gone'"),
        ("take boat", "boat is a film"),
        ("prompt boat:own=a <baot>", "<baot>"),
        ("drop boat:own", "boat:all.own cannot be dropped: boat:all.end goes on from it"),
        ("drop boat;drop kite", "no film would be left of the batch"),
        ("drop opening;drop own;drop end", "no shot would be left of boat"),
        ("take boat:opening;approve kite:opening", "boat:all.opening is decided twice"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(tmp_path: Path, said: str, wrong: str) -> None:
    reviewed = prepared(batch(tmp_path, "boat", "kite"))
    with pytest.raises(StoryboardError) as error:
        decide(reviewed, *said.split(";"))
    assert wrong in str(error.value)
    assert read_entries(reviewed.store, reviewed.sheet.folder) == ()


def test_who_names_one_shot_means_that_one(tmp_path: Path) -> None:
    entry = decide(prepared(batch(tmp_path, "boat", "kite")), "approve boat", "take boat:own", "approve own")
    said = {decision.shot: decision.verdict for decision in entry.decisions}
    assert said["boat:all.own"] == "take"
    assert said["kite:all.own"] == "approve"
    assert said["boat:all.opening"] == "approve"


@pytest.mark.parametrize("then", ["reject", "approve"])
def test_when_nobody_decides_in_time(tmp_path: Path, then: str) -> None:
    asking = batch(tmp_path, "boat", "kite", overrides=["review.timeout=8h", f"review.on_timeout={then}"])
    shown(prepared(asking))
    decide(prepared(asking), "approve boat")
    assert after_time_out(prepared(asking), NOW + timedelta(hours=7)) is None
    shown(prepared(asking))
    late = after_time_out(prepared(asking), NOW + timedelta(hours=8))
    assert late is not None
    assert not late.rejected, "boat is decided, and is made"
    after = prepared(asking)
    assert after.open == ()
    assert [*after.out] == (["kite"] if then == "reject" else [])
    assert len(final_batch(after).films) == (1 if then == "reject" else 2)


def test_when_nobody_decides_anything_in_time_nothing_is_made(tmp_path: Path) -> None:
    asking = batch(tmp_path, "boat", "kite", overrides=["review.timeout=8h"])
    shown(prepared(asking))
    late = after_time_out(prepared(asking), NOW + timedelta(hours=8))
    assert late is not None
    assert late.rejected


def test_a_prompt_that_was_decided_for_a_row_does_not_hold_for_what_the_row_says_later(tmp_path: Path) -> None:
    def said(product: str) -> str:
        rows = table(["product", "sku"], [product, "a-1"])
        asking = asked(
            tmp_path, rows, STORYBOARD.replace("example: boat}", "example: boat}\n  sku: x"), name="{{ sku }}"
        )
        reviewed = prepared(asking)
        if not reviewed.entries:
            decide(reviewed, "prompt a-1:own=a red {{ product }}")
        return prepared(asking).sheet.of("a-1:all.own").prompt

    assert said("boat") == "a red boat"
    assert said("kite") == "kite"
    assert said("boat") == "a red boat"


def test_a_row_that_is_wrong_is_found_before_anything_is_looked_at(tmp_path: Path) -> None:
    wrong = batch(tmp_path, "boat", "{{ kite }}")
    with pytest.raises(TableError):
        prepared(wrong)
    reviewed = prepared(replace(wrong, skip_bad=True))
    assert [film.name for film in reviewed.sheet.films] == ["boat"]
    assert isinstance(shown(reviewed), ShownBatch)


def test_a_cap_holds_for_what_is_looked_at(tmp_path: Path) -> None:
    asking = batch(tmp_path, "boat", overrides=["cost.worker_hour=3600", "cost.cap.batch=0.01"])
    with pytest.raises(UserError, match=r"cost\.cap\.batch=0\.01: the batch 'film-rows' may take up to"):
        show_batch(prepared(asking), make_batch)


def test_what_waits_for_nothing_says_so(tmp_path: Path) -> None:
    reviewed = prepared(batch(tmp_path, "boat"))
    sheet = shown(reviewed)
    drop_sheet(reviewed.store, sheet.sheet)
    _, decisions, asked_now, why = reviewed_in(reviewed.plan.folder)
    assert (decisions, asked_now) == (reviewed.sheet.folder, None)
    assert "waits for no decisions" in why


@pytest.mark.slow
def test_one_pool_renders_every_look_once_and_is_gone_while_people_decide(tmp_path: Path) -> None:
    import ray

    asking = batch(tmp_path, "boat", "kite")
    stub = partial(make_batch, renderer=RendererSpec("stub", {"seconds": 0.0}))
    first = show_batch(prepared(asking), stub)
    assert isinstance(first, ShownBatch)
    assert first.result is not None
    assert first.result.rendered == 5, "the opening once, two shots of each film"
    assert set(first.looks.films) == {question.shot for question in first.sheet.questions}
    assert not ray.is_initialized()
    decide(prepared(asking), "approve boat", "approve kite", "take kite:end")
    with closing(RaySession(compose([]).settings.cluster)):  # the rest on one
        second = show_batch(prepared(asking), stub)
        assert isinstance(second, ShownBatch)
        assert second.result is not None
        assert second.result.rendered == 1
        decide(prepared(asking), "approve end")
        made = stub(final_batch(prepared(asking)))
    assert [entry.state for entry in made.entries] == ["made", "made"]
