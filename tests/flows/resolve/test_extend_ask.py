"""Asking a model for many prompts: some at a time, kept as they come, and no more once it is gone."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from flows.errors import SettingsError
from flows.resolve.extend_ask import api_key, ask_for
from flows.resolve.extend_pins import ShortPrompt, pinned
from flows.settings import PromptSettings
from flows.store import Store
from tests.wan.prompts.endpoint import Endpoint, Reply, closed_port, extended, refusal
from wan.errors import ModelUnavailable, PromptError

Ask = Callable[..., dict[ShortPrompt, str | PromptError]]


def short(prompt: str) -> ShortPrompt:
    return ShortPrompt("t2v-a14b", prompt, None, None)


@pytest.fixture
def ask(prompts: PromptSettings, store: Store) -> Ask:
    """`ask("a fox", "a boat", attempts=1)`."""

    def run(*asked: str, **changed: Any) -> dict[ShortPrompt, str | PromptError]:
        return ask_for({short(prompt): None for prompt in asked}, replace(prompts, **changed), "cpu", store)

    return run


def test_nothing_to_ask_opens_no_model(ask: Ask) -> None:
    assert ask(base_url=closed_port(), api_key_env="SOME_KEY") == {}


def test_every_prompt_has_its_answer_and_it_is_kept(ask: Ask, prompts: PromptSettings, store: Store) -> None:
    names = [f"fox number {number}" for number in range(6)]
    assert ask(*names, parallel=3) == {short(name): extended(name) for name in names}
    assert pinned(store, short(names[0]), prompts) == extended(names[0])


def test_an_answer_of_no_use_is_that_prompts_alone(ask: Ask, endpoint: Endpoint) -> None:
    endpoint.script = [Reply(""), Reply(extended("a boat"))]
    found = ask("a fox", "a boat", attempts=1, parallel=1)
    assert isinstance(found[short("a fox")], PromptError)
    assert found[short("a boat")] == extended("a boat")


def test_a_model_that_is_gone_is_said_of_all_that_were_not_answered(ask: Ask, endpoint: Endpoint) -> None:
    endpoint.script = [Reply(extended("a")), refusal(401, "no credit")]
    found = ask("a", "b", "c", "d", attempts=1, parallel=1)
    assert found[short("a")] == extended("a")
    gone = [found[short(name)] for name in "bcd"]
    assert isinstance(gone[0], ModelUnavailable)
    assert gone == [gone[0]] * 3
    assert len(endpoint.requests) == 2


def test_a_key_is_read_where_it_is_used(prompts: PromptSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", " sk-secret\n")
    assert api_key(replace(prompts, api_key_env="SOME_KEY")) == "sk-secret"
    assert api_key(replace(prompts, api_key_env=None)) is None


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_key_that_is_not_set_is_the_persons_to_set(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, value: str | None, endpoint: Endpoint
) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("SOME_KEY", value)
    with pytest.raises(SettingsError, match="environment variable SOME_KEY is not set"):
        ask("a fox", api_key_env="SOME_KEY")
    assert endpoint.requests == []


def test_a_key_written_where_its_name_belongs_is_not_shown(ask: Ask) -> None:
    with pytest.raises(SettingsError, match="never the key itself") as caught:
        ask("a fox", api_key_env="sk-abc123")
    assert "abc123" not in str(caught.value)


def test_stopping_does_not_wait_for_the_next_attempt(
    prompts: PromptSettings, store: Store, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.script = [refusal(503, Retry_After="50")] * 9
    asked = {ShortPrompt("t2v-a14b", f"shot {number}", None, None): None for number in range(2)}
    monkeypatch.setattr("flows.resolve.extend_ask.pin", lambda *_: pytest.fail("nothing was answered"))

    def interrupt() -> None:
        while len(endpoint.requests) < 1:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    begin = time.monotonic()
    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        ask_for(asked, prompts, "cpu", store)
    assert time.monotonic() - begin < 10
