"""How often a prompt is asked for, and what the model is told in between."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.wan.prompts.endpoint import Endpoint, Reply, refusal
from wan.errors import ModelUnavailable, PromptError
from wan.prompts import PromptRequest, extend_prompt, open_api

FOX = PromptRequest("t2v-a14b", "a fox in the snow")


class Waits(list[float]):
    """Waiting that takes no time."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def ask(endpoint: Endpoint, *, waits: Waits | None = None, attempts: int = 3, timeout: float = 5.0) -> str:
    with open_api(endpoint.url, "m", timeout=timeout) as extender:
        return extend_prompt(extender, FOX, attempts=attempts, wait=waits if waits is not None else Waits())


def test_what_must_not_be_seen_is_said(endpoint: Endpoint) -> None:
    with open_api(endpoint.url + "/", "m") as extender:
        extend_prompt(extender, PromptRequest("t2v-a14b", "a fox", "people, text"))
    assert "Must not be seen: people, text" in endpoint.requests[0]["messages"][1]["content"]


def test_an_endpoint_that_wants_an_hour_is_taken_at_its_word(endpoint: Endpoint) -> None:
    endpoint.script = [refusal(429, "quota", Retry_After="3600")]
    waits = Waits()
    with pytest.raises(ModelUnavailable, match="429 Too Many Requests: quota"):
        ask(endpoint, waits=waits)
    assert waits == []


def test_errors_of_the_server_are_tried_again_with_growing_waits(endpoint: Endpoint) -> None:
    endpoint.script = [refusal(500), refusal(502), Reply(status=503, body=b"<html>busy</html>"), refusal(504)]
    waits = Waits()
    assert ask(endpoint, waits=waits, attempts=5)
    assert waits == [1, 2, 4, 8]


@pytest.mark.parametrize("status", [301, 401, 403, 404])
def test_what_waiting_does_not_mend_is_not_repeated(endpoint: Endpoint, status: int) -> None:
    endpoint.script = [refusal(status, "no such model", Location="/elsewhere")]
    with pytest.raises(ModelUnavailable, match=f"{status} .*no such model"):
        ask(endpoint)
    assert len(endpoint.requests) == 1


def test_the_model_is_told_what_was_wrong_with_its_answer(endpoint: Endpoint) -> None:
    endpoint.script = [Reply("word " * 400)]
    ask(endpoint)
    turns: Sequence[dict[str, str]] = endpoint.requests[1]["messages"]
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "user"]
    assert "the answer had 400 words, and at most 200 were asked for" in turns[3]["content"]
    assert len(turns[2]["content"]) <= 2000


def test_a_limit_of_ones_own_holds(endpoint: Endpoint) -> None:
    endpoint.script = [Reply("word " * 40)]
    with open_api(endpoint.url, "m") as extender, pytest.raises(PromptError, match="at most 20"):
        extend_prompt(extender, FOX, most=20, attempts=1)


def test_nothing_is_asked_without_an_attempt(endpoint: Endpoint) -> None:
    with pytest.raises(ValueError, match="at least 1, not 0"):
        ask(endpoint, attempts=0)
