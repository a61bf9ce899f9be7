"""A film's review from its first sheet to its film, and what is left of it."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from flows.cluster import RendererSpec
from flows.cluster.session import RaySession
from flows.config import compose
from flows.errors import StoryboardError, UserError
from flows.film import make_film
from flows.planning import plan_to_json
from flows.project import plan
from flows.review.history import add_entry, folder_of, read_entries, sheet_in
from flows.review.make import Shown, event_of, show
from flows.review.model import Entry
from flows.review.prepare import Reviewed, after_time_out
from flows.review.wanted import Answer, Wanted, entry_of, texts
from tests.flows.review.reviews import NOW, STORYBOARD, film, loaded, prepared, rendered


def shown(reviewed: Reviewed, now: datetime = NOW) -> Shown:
    """Of looks that are in the store already: no worker is started."""
    rendered(reviewed.looks)
    return show(reviewed, make_film, clock=lambda: now)


def decide(reviewed: Reviewed, who: str = "maria", **verdicts: str) -> Entry:
    wanted = []
    for shot, said in verdicts.items():
        verdict, _, prompt = said.partition("=")
        node = texts("prompt", prompt)[1] if prompt else None
        wanted.append(Wanted(texts("shot", shot)[1], texts("verdict", verdict)[1], node))
    made = entry_of(Answer(who=who, how="a test", wanted=tuple(wanted)), reviewed.sheet, reviewed.entries, NOW)
    add_entry(reviewed.store, reviewed.sheet.folder, made)
    return made


@pytest.mark.parametrize("kind", ["draft", "stills"])
def test_from_the_first_sheet_to_the_film(tmp_path: Path, kind: str) -> None:
    film(tmp_path)
    first = prepared(tmp_path, kind)
    assert first.open == ("river.launch", "river.drift", "river.night")
    sheet = shown(first)
    assert sheet.page == tmp_path / "outputs/the-reviewed-boat/review/sheet.html"
    assert "river.launch" in sheet.page.read_text()
    assert not (tmp_path / "outputs/the-reviewed-boat/film.mp4").exists()
    kept = sheet_in(first.store, first.sheet.folder)
    assert kept is not None
    assert first.store.holds([question.picture for question in kept.questions])
    assert event_of(sheet, first).shots == first.open  # type: ignore[union-attr]

    decide(first, launch="approve", drift="take", night="prompt=<boat> under the moon")
    second = prepared(tmp_path, kind)
    assert second.open == ("river.drift", "river.night")
    assert [(question.seed, question.words) for question in second.sheet.questions] == [
        (3, "<boat> moves right"),
        (4, "<boat> comes closer"),
        (3, "<boat> under the moon"),
    ]
    assert "a red boat under the moon, flat colours" in second.sheet.of("river.night").prompt
    page = shown(second).page.read_text()
    assert "river.night: prompt: &#34;&lt;boat&gt; under the moon&#34;" in page
    assert "river.drift: seed: 4" in page

    decide(second, drift="approve", night="approve")
    last = prepared(tmp_path, kind)
    assert last.open == ()
    made = plan(last.final)
    assert [(shot.takes[0].seed, shot.approved) for shot in made.shots] == [
        (3, "maria on 2026-11-30 09:12 UTC"),
        (4, "maria on 2026-11-30 09:12 UTC"),
        (3, "maria on 2026-11-30 09:12 UTC"),
    ]
    rendered(made)
    result = make_film(made)
    assert result.path is not None
    assert result.report is not None
    assert "by maria on 2026-11-30 09:12 UTC" in result.report.read_text()
    written = json.loads(result.plan_path.read_text())
    assert written["shots"][2]["approved"] == plan_to_json(made)["shots"][2]["approved"]
    assert (tmp_path / "boat.yaml").read_text() == STORYBOARD


def test_what_is_looked_at_is_short_and_of_one_take(tmp_path: Path) -> None:
    text = STORYBOARD.replace("duration: 0.5s", "duration: 3s, takes: 3")
    (tmp_path / "boat.yaml").write_text(text)
    drafts, stills = prepared(tmp_path, "draft").looks, prepared(tmp_path, "stills").looks
    assert drafts is not None
    assert stills is not None
    assert {len(shot.takes) for shot in (*drafts.shots, *stills.shots)} == {1}
    assert {shot.num_frames / shot.fps for shot in drafts.shots} == {1.0}
    assert {shot.num_frames for shot in stills.shots} == {1}
    assert [shot.depends_on for shot in stills.shots] == [(), (), ()]
    assert drafts.shots[1].depends_on == ("river.launch",)
    own = plan(loaded(tmp_path)).shots[0].first.sampling.num_inference_steps
    assert drafts.shots[0].first.sampling.num_inference_steps == own // 2


def test_a_shot_that_was_edited_is_looked_at_again_and_the_others_are_not(tmp_path: Path) -> None:
    film(tmp_path)
    decide(prepared(tmp_path, "stills"), launch="approve", drift="approve", night="prompt=<boat> sinks")
    (tmp_path / "boat.yaml").write_text(STORYBOARD.replace("moves right", "moves left").replace("at night", "at dawn"))
    edited = prepared(tmp_path, "stills")
    assert edited.open == ("river.launch", "river.night")
    assert edited.sheet.of("river.night").words == "<boat> at dawn"


def test_what_was_decided_may_be_written_into_the_storyboard(tmp_path: Path) -> None:
    film(tmp_path)
    decide(prepared(tmp_path, "stills"), launch="prompt=<boat> sinks")
    decide(prepared(tmp_path, "stills"), launch="approve")
    (tmp_path / "boat.yaml").write_text(STORYBOARD.replace("<boat> moves right", "<boat> sinks"))
    again = prepared(tmp_path, "stills")
    assert again.changes == ()
    assert "river.launch" not in again.open


def test_a_shot_that_is_dropped_is_not_in_the_film_and_may_come_back(tmp_path: Path) -> None:
    film(tmp_path)
    decide(prepared(tmp_path, "stills"), launch="approve", drift="approve", night="drop")
    assert [shot.id for shot in plan(prepared(tmp_path, "stills").final).shots] == ["river.launch", "river.drift"]
    decide(prepared(tmp_path, "stills"), night="approve")
    assert len(plan(prepared(tmp_path, "stills").final).shots) == 3


def test_a_prompt_that_fits_no_more_is_said_where_it_was_decided(tmp_path: Path) -> None:
    text = STORYBOARD.replace("<boat> at night", "the sea at night")
    (tmp_path / "boat.yaml").write_text(text)
    decide(prepared(tmp_path, "stills"), night="prompt=and <boat> sinks")
    text = text.replace("<boat>", "it").replace("boat: {desc", "ship: {desc")
    (tmp_path / "boat.yaml").write_text(text)
    with pytest.raises(StoryboardError) as caught:
        prepared(tmp_path, "stills")
    (problem,) = caught.value.problems
    where = "review: prompt of river.night, decided by maria on 2026-11-30 09:12 UTC"
    assert str(problem.place) == f"{where}:1:5"
    assert "<boat> is not in the cast" in problem.message


def test_of_two_prompts_that_fit_no_more_each_is_its_own(tmp_path: Path) -> None:
    film(tmp_path)
    text = STORYBOARD.replace("id: river", "id: opening-sequence-over-the-river")
    text = text.replace("prompt: <boat>", "prompt: it")
    (tmp_path / "boat.yaml").write_text(text)
    decide(prepared(tmp_path, "stills"), "ann", launch="prompt=<boat> leaves")
    decide(prepared(tmp_path, "stills"), "bob", night="prompt=<boat> sinks")
    (tmp_path / "boat.yaml").write_text(text.replace("boat: {desc", "ship: {desc"))
    with pytest.raises(StoryboardError) as caught:
        prepared(tmp_path, "stills")
    places = [str(each.place) for each in caught.value.problems]
    assert [place.partition(" on 2026")[0] for place in places] == [
        "review: prompt of opening-sequence-over-the-river.launch, decided by ann",
        "review: prompt of opening-sequence-over-the-river.night, decided by bob",
    ]


def test_two_who_write_at_once_are_one_and_one_who_is_told(tmp_path: Path) -> None:
    film(tmp_path)
    both = prepared(tmp_path, "stills"), prepared(tmp_path, "stills")
    decide(both[0], launch="approve")
    with pytest.raises(UserError, match=r"maria on .* has decided 1 shot in the meantime"):
        decide(both[1], "jo", launch="drop", drift="drop")
    assert len(read_entries(both[0].store, both[0].sheet.folder)) == 1


def test_a_round_has_its_time_and_asking_again_gives_no_more(tmp_path: Path) -> None:
    film(tmp_path)
    board = STORYBOARD
    (tmp_path / "boat.yaml").write_text(board)
    settings = ["review.timeout=8h", "review.on_timeout=approve"]

    def at(hours: float) -> Reviewed:
        from flows.review.prepare import Wish, prepare

        load = lambda decided=(): loaded(tmp_path, [*settings, *decided])  # noqa: E731
        return prepare(load, Wish(kind="stills", name="boat"), NOW + timedelta(hours=hours))

    hours = timedelta(hours=1)
    assert after_time_out(at(99), NOW + 99 * hours) is None, "nobody has seen anything yet"
    first = shown(at(0), NOW + 2 * hours)
    assert at(5).sheet.until == first.sheet.until == NOW + 10 * hours
    assert after_time_out(at(5), NOW + timedelta(hours=5)) is None
    late = after_time_out(at(10), NOW + 10 * hours)
    assert late is not None
    assert late.who == "time-out"
    assert at(11).open == ()
    assert {shot.approved for shot in at(11).final.storyboard.shots} == {"time-out on 2026-11-30 19:12 UTC"}


def test_pictures_that_are_given_are_looked_at_without_rendering(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (64, 36), (200, 30, 30)).save(tmp_path / "start.png")
    shots = "      - {id: launch, prompt: it moves, image: start.png}\n"
    head = "storyboard: 1\ntitle: The reviewed boat\nscenes:\n  - id: river\n    shots:\n"
    (tmp_path / "boat.yaml").write_text(head + shots)
    reviewed = prepared(tmp_path, "stills")
    assert reviewed.looks is None

    def render(*given: object, **more: object) -> object:
        raise AssertionError("nothing is rendered")

    sheet = show(reviewed, render)  # type: ignore[arg-type]
    assert "the picture that it starts from" in sheet.page.read_text()
    assert len(sheet.picture) > 500
    Image.new("RGB", (64, 36), (30, 30, 200)).save(tmp_path / "start.png")
    assert prepared(tmp_path, "stills").sheet.questions[0].look != reviewed.sheet.questions[0].look


def test_a_storyboard_and_the_same_one_sent_from_here_share_their_decisions(tmp_path: Path) -> None:
    from flows.store import open_store
    from flows.submission import check_storyboard_here, load_sent, pack

    overrides = film(tmp_path)
    checked = check_storyboard_here(tmp_path / "boat.yaml", overrides)
    store = open_store(checked.settings.store.address)
    (tmp_path / "sent").mkdir()
    sent = load_sent(store, pack(checked, store).digest, overrides, tmp_path / "sent")
    assert folder_of(sent.storyboard) == folder_of(loaded(tmp_path).storyboard)


@pytest.mark.slow
def test_workers_render_what_is_looked_at_and_are_gone_while_people_decide(tmp_path: Path) -> None:
    import ray

    film(tmp_path)
    stub = partial(make_film, renderer=RendererSpec("stub", {"seconds": 0.0}))
    first = show(prepared(tmp_path), stub)
    assert first.result is not None
    assert first.result.rendered == 3
    assert set(first.looks.films) == {"river.launch", "river.drift", "river.night"}
    assert not ray.is_initialized()
    decide(prepared(tmp_path), launch="approve", drift="approve", night="take")
    with closing(RaySession(compose([]).settings.cluster)):  # the rest on one
        second = show(prepared(tmp_path), stub)
        assert second.result is not None
        assert (second.result.rendered, second.result.cached) == (1, 2)
        decide(prepared(tmp_path), night="approve")
        made = stub(plan(prepared(tmp_path).final))
    assert made.path is not None
    assert made.path.exists()
