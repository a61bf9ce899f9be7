"""Answers are kept in the store, each under everything that decides it."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from flows.resolve.extend_pins import ShortPrompt, pin, pinned
from flows.settings import PromptSettings
from flows.store import Store, open_store

WISH = ShortPrompt("t2v-a14b", "a fox", "people", "1" * 64)


def test_an_answer_is_found_again_by_whoever_asks_the_same(store: Store, prompts: PromptSettings) -> None:
    assert pinned(store, WISH, prompts) is None
    assert pin(store, WISH, prompts, "a red fox") == "a red fox"
    assert pinned(open_store(store.address), WISH, prompts) == "a red fox"
    moved = replace(prompts, base_url="http://elsewhere/v1", timeout=1.0, attempts=9)
    assert pinned(store, WISH, moved) == "a red fox", "a model that moves to another machine is the same model"


@pytest.mark.parametrize("changed", ["variant", "prompt", "negative_prompt", "image"])
def test_whatever_the_model_is_told_makes_another_question(store: Store, prompts: PromptSettings, changed: str) -> None:
    pin(store, WISH, prompts, "a red fox")
    assert pinned(store, replace(WISH, **{changed: "other"}), prompts) is None


@pytest.mark.parametrize("changed", [{"model": "other"}, {"max_words": 9}, {"extend": "local"}])
def test_so_does_another_model_or_limit(store: Store, prompts: PromptSettings, changed: dict[str, object]) -> None:
    pin(store, WISH, prompts, "a red fox")
    assert pinned(store, WISH, replace(prompts, **changed)) is None  # type: ignore[arg-type]


def test_the_first_answer_stands(store: Store, prompts: PromptSettings) -> None:
    pin(store, WISH, prompts, "a red fox")
    assert pin(store, WISH, prompts, "a grey fox") == "a red fox"


@pytest.mark.parametrize("extended", ["", "  ", 7, None])
def test_a_note_without_an_answer_is_as_good_as_none_and_replaced(
    store: Store, prompts: PromptSettings, extended: object
) -> None:
    pin(store, WISH, prompts, "a red fox")
    (name,) = store.notes("prompts")
    note = json.loads(store.note(name) or b"")
    store.put_note(name, json.dumps({**note, "extended": extended}).encode())
    assert pinned(store, WISH, prompts) is None
    assert pin(store, WISH, prompts, "a grey fox") == "a grey fox"
    assert pinned(store, WISH, prompts) == "a grey fox"


def test_of_two_renders_at_once_both_take_the_words_that_were_first(store: Store, prompts: PromptSettings) -> None:
    short = ShortPrompt("t2v-a14b", "a fox", None, None)
    for number in range(20):
        settings = replace(prompts, model=f"m{number}")
        start = threading.Barrier(4)

        def keep(answer: str, settings: PromptSettings = settings, start: threading.Barrier = start) -> str:
            own = open_store(store.address)
            start.wait()
            return pin(own, short, settings, answer)

        with ThreadPoolExecutor(4) as pool:
            stand = set(pool.map(keep, ("a", "b", "c", "d")))
        assert stand == {pinned(store, short, settings)}
