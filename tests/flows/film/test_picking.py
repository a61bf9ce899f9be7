"""Takes chosen by eye, looking at a film that was made."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from flows.addresses import BucketAddress
from flows.errors import UserError
from flows.film.picking import choices, keep, made_film, standings
from flows.resolve.picks import picks_of, recall_picks
from flows.store import Store, open_store
from flows.storyboard.model import Storyboard
from tests.flows.buckets import BUCKET, CREDENTIALS, serving
from tests.flows.records import empty_record

FILM = "/films/x.yaml"


def take(number: int, letter: str) -> dict[str, object]:
    return {"number": number, "seed": 6 + number, "fingerprint": letter * 64, "clips": [{"fingerprint": letter * 64}]}


def shot(name: str, takes: list[object], by: str = "score", after: str | None = None) -> dict[str, object]:
    choice = {"by": by, "who": "", "when": ""}
    return {"id": name, "takes": takes, "others": [], "choice": choice, "depends_on": [after] if after else []}


def a_film(folder: Path, slug: str = "x", letters: str = "abc") -> Path:
    """Three shots: one of three takes, one of one take that goes on from it, one that the storyboard chose."""
    shots = [
        shot("river.drift", [take(n, letter) for n, letter in enumerate(letters, 1)]),
        shot("river.behind", [take(1, "d")], after="river.drift"),
        {**shot("river.last", [take(2, "e")], "storyboard", "river.behind"), "others": [take(1, "f")]},
    ]
    folder.mkdir(parents=True)
    plan = {"title": "X", "slug": slug, "storyboard": FILM, "shots": shots}
    (folder / "plan.json").write_text(json.dumps(plan))
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = open_store(str(tmp_path / "store"))
    for letter, score in (("a", 0.1), ("b", 0.9), ("d", 0.5)):
        made.publish(replace(empty_record(letter * 64), scores={"quality": score}))
    return made


def board(**values: object) -> Storyboard:
    return Storyboard(title="X", slug="x", path=Path(FILM), scenes=(), **values)  # type: ignore[arg-type]


def test_a_choice_is_kept_and_forgotten(tmp_path: Path, store: Store) -> None:
    film = made_film(a_film(tmp_path / "x"))
    keep(film, choices(film, ["drift=1"], store), store, "ann", "2026-12-01T10:00:00+00:00")
    (pick,) = recall_picks(store, board())
    assert (pick.shot, pick.take, pick.fingerprint, pick.film, pick.who) == ("river.drift", 1, "a" * 64, "x", "ann")
    keep(film, choices(film, ["river.drift=2"], store), store, "bob", "2026-12-02T10:00:00+00:00")
    assert [(pick.take, pick.who) for pick in picks_of(store, FILM)] == [(2, "bob")]
    keep(film, choices(film, ["drift=auto"], store), store, "", "")
    assert picks_of(store, FILM) == ()


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_of_people_who_choose_at_once_nobody_loses_a_choice(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = 6
    shots = [shot(f"river.s{n}", [take(k, f"{2 * n + k - 1:x}") for k in (1, 2)]) for n in range(people)]
    (tmp_path / "x").mkdir()
    plan = {"title": "X", "slug": "x", "storyboard": FILM, "shots": shots}
    (tmp_path / "x" / "plan.json").write_text(json.dumps(plan))
    film, ready = made_film(tmp_path / "x"), Barrier(people)

    def chooses(number: int) -> None:
        own = open_store(address)
        ready.wait()
        keep(film, {f"river.s{number}": 2}, own, f"p{number}", f"2026-12-0{number + 1}")

    with ExitStack() as served:
        address = str(tmp_path / "store")
        if kind == "bucket":
            for name, value in CREDENTIALS.items():
                monkeypatch.setenv(name, value)
            monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
            server = served.enter_context(serving("localbucket", tmp_path / "served"))
            address = str(BucketAddress(bucket=BUCKET, prefix="team", endpoint=server.url))
        with ThreadPoolExecutor(people) as threads:
            [*threads.map(chooses, range(people))]
        kept = picks_of(open_store(address), FILM)
    assert sorted(pick.who for pick in kept) == [f"p{number}" for number in range(people)]


def test_a_choice_made_in_another_film_of_the_storyboard_stays(tmp_path: Path, store: Store) -> None:
    store.publish(empty_record("1" * 64))
    first, other = made_film(a_film(tmp_path / "x")), made_film(a_film(tmp_path / "y", "y", "123"))
    keep(first, {"river.drift": 1}, store, "ann", "2026-12-01")
    keep(other, {"river.drift": 1}, store, "ann", "2026-12-02")
    assert [(pick.film, pick.fingerprint[0]) for pick in picks_of(store, FILM)] == [("x", "a"), ("y", "1")]
    keep(other, {"river.drift": None}, store, "ann", "2026-12-03")
    assert [pick.film for pick in picks_of(store, FILM)] == ["x"]


def test_of_a_film_that_was_sent_choices_of_its_file_hold_too(tmp_path: Path, store: Store) -> None:
    keep(made_film(a_film(tmp_path / "x")), {"river.drift": 2}, store, "ann", "2026-12-01")
    assert [pick.take for pick in recall_picks(store, board(sent_from=f"ann@desk:{FILM}"))] == [2]
    assert recall_picks(store, board(sent_from="ann@desk:/elsewhere.yaml")) == ()


def test_what_stands_is_scores_choices_and_what_is_out_of_date(tmp_path: Path, store: Store) -> None:
    film = made_film(a_film(tmp_path / "x"))
    keep(film, {"river.drift": 1}, store, "ann", "2026-12-01")
    drift, behind, last = standings(film, store)
    assert drift.scores == {1: 0.1, 2: 0.9, 3: None}
    assert (drift.best, drift.pick and drift.pick.take, drift.outdated) == (2, 1, None)
    assert (behind.pick, behind.outdated) == (None, None)
    assert [take.number for take in last.shot.takes] == [1, 2], "one that was passed over is there too"
    changed = made_film(a_film(tmp_path / "again", letters="789"))
    drift = standings(changed, store)[0]
    assert drift.pick is None
    assert drift.outdated is not None
    assert drift.outdated.take == 1


def test_what_goes_on_from_a_shot_is_known(tmp_path: Path) -> None:
    film = made_film(a_film(tmp_path / "x"))
    assert film.led_into(["river.drift"]) == ["river.behind", "river.last"]
    assert film.led_into(["river.last"]) == []


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["drft=1"], "no shot is called 'drft'; did you mean drift?"),
        (["drift=0"], "drift=0: river.drift has 3 takes; write a number from 1 to 3, or auto"),
        (["drift=4"], "write a number from 1 to 3"),
        (["drift=two"], "write a number from 1 to 3"),
        (["drift="], "write a number from 1 to 3"),
        (["behind=1"], "river.behind has one take"),
        (["drift=3"], "take 3 of river.drift was not rendered, so nobody has seen it"),
        (["drift=1", "river.drift=2"], "river.drift is there twice"),
    ],
)
def test_a_mistake_is_named(texts: list[str], message: str, tmp_path: Path, store: Store) -> None:
    film = made_film(a_film(tmp_path / "x"))
    with pytest.raises(UserError) as caught:
        choices(film, texts, store)
    assert message in str(caught.value)


def test_a_folder_without_a_film_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no film was made"):
        made_film(tmp_path)
    (tmp_path / "plan.json").write_text('{"shots": [{}]}')
    with pytest.raises(UserError, match="render the film again"):
        made_film(tmp_path)
