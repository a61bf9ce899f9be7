"""Prompts are extended once, kept in the store, and never asked for twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows.errors import EnvironmentProblem, Place
from flows.media import png_bytes
from flows.resolve.extend import Extensions, extend_prompts
from flows.settings import PromptSettings, Settings
from flows.store import Store
from flows.storyboard.model import Control, Scene, Shot, Storyboard
from tests.wan.prompts.endpoint import Endpoint, Reply, closed_port, extended, refusal
from wan.families import FAMILIES

MakeFilm = Callable[..., Storyboard]
Extend = Callable[..., Extensions]


@pytest.fixture
def extend(settings: Settings, store: Store, prompts: PromptSettings) -> Extend:
    """`extend(film, attempts=1)`: the settings that are named differ from `prompts`."""

    def run(film: Storyboard, digests: dict[Path, str] | None = None, **changed: Any) -> Extensions:
        chosen = replace(settings, prompts=replace(prompts, **changed))
        return extend_prompts(film, FAMILIES["tiny"], chosen, store, digests or {})

    return run


def film(*shots: str | dict[str, Any]) -> Storyboard:
    made = []
    for number, given in enumerate(shots, 1):
        values = {"prompt": given} if isinstance(given, str) else given
        place = Place("film.yaml", number, 1)
        places = {"prompt": Place("film.yaml", number, 9)}
        made.append(Shot(id=f"s{number}", scene="a", place=place, places=places, **values))
    return Storyboard(title="X", slug="x", path=Path("film.yaml"), scenes=(Scene("a", tuple(made)),))


def test_off_asks_nobody_and_writes_nothing(extend: Extend, endpoint: Endpoint, store: Store) -> None:
    assert extend(film("a fox"), extend="off") == Extensions()
    assert endpoint.requests == []
    assert not Path(store.address).exists()


def test_each_prompt_is_asked_for_once_and_never_again(extend: Extend, endpoint: Endpoint, store: Store) -> None:
    board = film("a fox", "a boat", "a fox")
    found = extend(board)
    assert found.prompts == {"a.s1": extended("a fox"), "a.s2": extended("a boat"), "a.s3": extended("a fox")}
    assert sorted(endpoint.asked) == ["a boat", "a fox"]
    assert extend(board, base_url=closed_port()) == found
    assert len(store.notes("prompts")) == 2


def test_what_is_new_is_asked_for_and_the_rest_is_not(extend: Extend, endpoint: Endpoint) -> None:
    extend(film("a fox", "a boat"))
    extend(film("a kite", "a boat", "a fox"))
    assert endpoint.asked[2:] == ["a kite"]


@pytest.mark.parametrize(
    "changed",
    [{"model": "other"}, {"max_words": 50}],
    ids=["model", "max_words"],
)
def test_another_model_or_limit_is_another_question(
    extend: Extend, endpoint: Endpoint, changed: dict[str, Any]
) -> None:
    extend(film("a fox"))
    extend(film("a fox"), **changed)
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize(
    "shot",
    [{"negative_prompt": "people"}, {"variant": "i2v-a14b"}],
    ids=["negative prompt", "variant"],
)
def test_what_the_model_is_told_decides_the_answer(extend: Extend, endpoint: Endpoint, shot: dict[str, Any]) -> None:
    extend(film("a fox"))
    extend(film({"prompt": "a fox", **shot}))
    assert len(endpoint.requests) == 2


def test_a_shot_may_refuse(extend: Extend, endpoint: Endpoint) -> None:
    assert set(extend(film({"prompt": "a fox", "extend": False}, "a boat")).prompts) == {"a.s2"}
    assert endpoint.asked == ["a boat"]


def picture(path: Path, shade: int) -> Path:
    path.write_bytes(png_bytes(np.full((18, 32, 3), shade, np.uint8)))
    return path


def test_the_picture_is_shown_and_is_part_of_the_question(extend: Extend, endpoint: Endpoint, tmp_path: Path) -> None:
    start = picture(tmp_path / "start.png", 9)
    board = film({"prompt": "a fox", "image": start})
    extend(board, {start: "1" * 64})
    extend(board, {start: "1" * 64})
    extend(board, {start: "2" * 64})
    assert len(endpoint.requests) == 2
    assert endpoint.requests[0]["messages"][1]["content"][0]["type"] == "image_url"
    extend(board, {start: "2" * 64}, images=False)
    assert isinstance(endpoint.requests[2]["messages"][1]["content"], str)


def test_a_controlled_shot_is_shown_its_first_reference(extend: Extend, endpoint: Endpoint, tmp_path: Path) -> None:
    one, two = picture(tmp_path / "one.png", 1), picture(tmp_path / "two.png", 2)
    board = film({"prompt": "a harbour", "control": Control(references=(one, two))})
    assert extend(board, {one: "1" * 64, two: "2" * 64}).prompts
    assert "control video" in endpoint.requests[0]["messages"][0]["content"]
    assert endpoint.requests[0]["messages"][1]["content"][0]["type"] == "image_url"


def test_a_shot_with_a_broken_picture_is_not_paid_for(extend: Extend, endpoint: Endpoint, tmp_path: Path) -> None:
    assert extend(film({"prompt": "a fox", "image": tmp_path / "broken.png"})) == Extensions()
    assert endpoint.requests == []


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b'{"extended": "a cat"}', b"\xff"])
def test_a_damaged_note_is_asked_for_again(extend: Extend, endpoint: Endpoint, store: Store, data: bytes) -> None:
    extend(film("a fox"))
    (name,) = store.notes("prompts")
    store.put_note(name, data)
    assert extend(film("a fox")).prompts == {"a.s1": extended("a fox")}
    assert len(endpoint.requests) == 2


def test_the_note_says_what_was_asked_and_holds_no_key(
    extend: Extend, store: Store, monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint
) -> None:
    monkeypatch.setenv("SOME_KEY", " sk-secret\n")
    extend(film({"prompt": "a fox", "negative_prompt": "people"}), api_key_env="SOME_KEY")
    data = store.note(store.notes("prompts")[0]) or b""
    note = json.loads(data)
    assert (note["prompt"], note["negative_prompt"], note["model"]) == ("a fox", "people", "m")
    assert note["extended"] == extended("a fox")
    assert b"sk-secret" not in data
    assert endpoint.headers[0]["Authorization"] == "Bearer sk-secret"


def test_a_key_is_only_needed_to_ask(extend: Extend, monkeypatch: pytest.MonkeyPatch) -> None:
    extend(film("a fox"))
    monkeypatch.delenv("SOME_KEY", raising=False)
    assert extend(film("a fox"), api_key_env="SOME_KEY").prompts


def test_an_endpoint_that_is_gone_is_an_error_that_says_what_to_do(extend: Extend) -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        extend(film("a fox", "a boat"), base_url=closed_port(), attempts=1)
    assert "prompts.extend=api: http://127.0.0.1:" in str(caught.value)
    assert "2 prompts not extended" in str(caught.value)
    assert "name an endpoint that answers (prompts.base_url), " in str(caught.value)
    assert "prompts.on_failure=original" in str(caught.value)


def test_or_prompts_stay_as_they_are_written(extend: Extend, store: Store) -> None:
    found = extend(film("a fox", "a boat"), base_url=closed_port(), attempts=1, on_failure="original")
    assert found.prompts == {}
    assert set(found.kept) == {"a.s1", "a.s2"}
    assert "refused" in found.kept["a.s1"]
    assert found.problems == ()
    assert store.notes("prompts") == ()


def test_a_failure_is_not_kept(extend: Extend, endpoint: Endpoint) -> None:
    extend(film("a fox"), base_url=closed_port(), attempts=1, on_failure="original")
    assert extend(film("a fox"), on_failure="original").prompts == {"a.s1": extended("a fox")}


def test_answers_of_no_use_name_the_shot_and_keep_the_others(extend: Extend, endpoint: Endpoint) -> None:
    endpoint.script = [Reply(""), Reply("word " * 900), Reply(extended("a boat"))]
    found = extend(film("a fox", "a boat"), attempts=2, parallel=1)
    (problem,) = found.problems
    assert (problem.shot, problem.place) == ("a.s1", Place("film.yaml", 1, 9))
    assert "could not be extended: the answer had 900 words" in problem.message
    assert "extend: false" in (problem.fix or "")
    assert found.prompts == {"a.s2": extended("a boat")}
    extend(film("a fox", "a boat"))
    assert endpoint.asked == ["a fox", "a fox", "a boat", "a fox"]


def test_once_the_endpoint_is_gone_the_rest_is_not_asked_for(extend: Extend, endpoint: Endpoint) -> None:
    endpoint.script = [Reply(extended("a shot")), *[refusal(401, "no credit")] * 50]
    board = film(*(f"a shot {number}" for number in range(50)))
    found = extend(board, on_failure="original", parallel=2)
    assert (len(found.prompts), len(found.kept)) == (1, 49)
    assert len(endpoint.requests) <= 4
    endpoint.script = []
    assert len(extend(board).prompts) == 50


def test_requests_run_side_by_side_but_no_more_than_allowed(extend: Extend, endpoint: Endpoint) -> None:
    endpoint.script = [Reply(f"answer number {number}", delay=0.05) for number in range(12)]
    extend(film(*(f"shot {number}" for number in range(12))), parallel=4)
    assert 2 <= endpoint.most_busy <= 4


def test_who_waits_is_told_how_far_it_is(
    extend: Extend, settings: Settings, prompts: PromptSettings, store: Store
) -> None:
    heard: list[tuple[int, int]] = []
    chosen = replace(settings, prompts=prompts)
    for _ in range(2):
        extend_prompts(film("a", "b", "a"), FAMILIES["tiny"], chosen, store, {}, lambda *told: heard.append(told))
    assert heard == [(0, 2), (1, 2), (2, 2)]


def test_answers_belong_to_their_shots_whoever_comes_first(extend: Extend, endpoint: Endpoint) -> None:
    names = [f"fox number {number}" for number in range(12)]
    found = extend(film(*names), parallel=8)
    assert list(found.prompts.values()) == [extended(name) for name in names]


def test_a_model_of_this_machine(extend: Extend, tmp_path: Path, endpoint: Endpoint) -> None:
    from tests.wan.prompts.models import write_qwen

    folder = write_qwen(tmp_path / "qwen", "A red fox walks slowly .")
    found = extend(film("a fox"), extend="local", model=str(folder))
    assert found.prompts == {"a.s1": "A red fox walks slowly ."}
    folder.rename(tmp_path / "gone")
    assert extend(film("a fox"), extend="local", model=str(folder)) == found
    with pytest.raises(EnvironmentProblem, match="hf download"):
        extend(film("a boat"), extend="local", model=str(folder))
    assert endpoint.requests == []
