"""An endpoint in every mood, over real HTTP."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.httpx_errors import ERRORS, break_network
from tests.wan.prompts.endpoint import Endpoint, Reply, closed_port, extended, refusal
from wan.errors import ModelUnavailable, PromptError
from wan.prompts import Message, PromptRequest, extend_prompt, open_api

FOX = PromptRequest("t2v-a14b", "a fox in the snow")


class Waits(list[float]):
    """Waiting that takes no time."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def ask(endpoint: Endpoint, *, waits: Waits | None = None, attempts: int = 3, timeout: float = 5.0) -> str:
    with open_api(endpoint.url, "m", timeout=timeout) as extender:
        return extend_prompt(extender, FOX, attempts=attempts, wait=waits if waits is not None else Waits())


def test_a_prompt_is_written_out(endpoint: Endpoint) -> None:
    assert ask(endpoint) == extended("a fox in the snow")
    (body,) = endpoint.requests
    assert (body["model"], body["temperature"], body["seed"]) == ("m", 0, 0)
    assert [turn["role"] for turn in body["messages"]] == ["system", "user"]
    assert "60 to 200 words" in body["messages"][0]["content"]
    assert endpoint.paths == ["/v1/chat/completions"]


def test_the_key_goes_into_the_header_and_nowhere_else(endpoint: Endpoint) -> None:
    endpoint.script = [refusal(401, "wrong key sk-secret")]
    with open_api(endpoint.url, "m", key="sk-secret") as extender, pytest.raises(ModelUnavailable) as caught:
        extend_prompt(extender, FOX)
    assert endpoint.headers[0]["Authorization"] == "Bearer sk-secret"
    assert "sk-secret" not in str(endpoint.requests)
    assert "sk-secret" not in str(caught.value) + repr(extender)
    assert "wrong key (the key)" in str(caught.value)
    ask(endpoint)
    assert "Authorization" not in endpoint.headers[1]


def test_a_password_in_the_address_is_not_shown(endpoint: Endpoint) -> None:
    endpoint.script = [refusal(403)]
    with (
        open_api(endpoint.url.replace("//", "//user:secret@"), "m") as extender,
        pytest.raises(ModelUnavailable) as caught,
    ):
        extend_prompt(extender, FOX)
    assert "secret" not in str(caught.value)
    assert endpoint.headers[0]["Authorization"] == "Basic " + base64.b64encode(b"user:secret").decode()


@pytest.mark.parametrize("key", ["a\nb", "ключ"])
def test_a_key_that_no_header_can_hold_is_refused_unseen(key: str) -> None:
    with pytest.raises(ModelUnavailable) as caught, open_api("http://127.0.0.1:1/v1", "m", key=key):
        pass
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["ftp://x/v1", "localhost:8000/v1", "", "http://", "http://[::1/v1", "http://x:port/v1"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ModelUnavailable, match="is not an address"), open_api(url, "m"):
        pass


def test_a_picture_is_sent_small_and_as_data(endpoint: Endpoint) -> None:
    picture = np.zeros((1500, 3000, 3), np.uint8)
    picture[:, :, 0] = 200
    with open_api(endpoint.url, "m") as extender:
        extend_prompt(extender, PromptRequest("i2v-a14b", "a fox", image=picture))
    content = endpoint.requests[0]["messages"][1]["content"]
    head, _, data = content[0]["image_url"]["url"].partition(",")
    assert head == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as sent:
        assert sent.size == (1024, 512)
        red, green, _ = sent.convert("RGB").getpixel((10, 10))  # type: ignore[misc]
    assert red > 190
    assert green < 10
    assert "The picture is the first frame" in endpoint.requests[0]["messages"][0]["content"]


def test_a_model_that_does_not_see_is_shown_nothing(endpoint: Endpoint) -> None:
    with open_api(endpoint.url, "m", images=False) as extender:
        extend_prompt(extender, PromptRequest("i2v-a14b", "a fox", image=np.zeros((8, 8, 3), np.uint8)))
    system, user = endpoint.requests[0]["messages"]
    assert isinstance(user["content"], str)
    assert "motion alone" in system["content"]
    assert "The picture is the first frame" not in system["content"]


def test_too_many_requests_are_repeated_when_the_endpoint_says(endpoint: Endpoint) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    endpoint.script = [refusal(429, Retry_After="7"), refusal(429, Retry_After=at)]
    waits = Waits()
    assert ask(endpoint, waits=waits) == extended("a fox in the snow")
    assert waits[0] == 7
    assert waits[1] == pytest.approx(30, abs=2)


@pytest.mark.parametrize("when", ["soon", "", "nan", "-3"])
def test_nonsense_in_retry_after_means_the_usual_wait(endpoint: Endpoint, when: str) -> None:
    endpoint.script = [refusal(503, Retry_After=when)]
    waits = Waits()
    ask(endpoint, waits=waits)
    assert waits == [1.0]


def test_a_server_that_stays_broken_is_named_with_what_it_said(endpoint: Endpoint) -> None:
    endpoint.script = [refusal(500, "out of\n memory")] * 2
    with pytest.raises(ModelUnavailable, match=rf"{endpoint.url}/chat/completions: 500 .*: out of memory"):
        ask(endpoint, attempts=2)
    assert len(endpoint.requests) == 2


def test_a_refused_prompt_says_nothing_of_the_others(endpoint: Endpoint) -> None:
    endpoint.script = [refusal(400, "content policy"), Reply("so", finish="content_filter")]
    for said in ("content policy", "content filter"):
        with pytest.raises(PromptError, match=said) as caught:
            ask(endpoint)
        assert not isinstance(caught.value, ModelUnavailable)
    assert len(endpoint.requests) == 2


def test_fields_that_an_endpoint_does_not_take_are_left_out_from_then_on(endpoint: Endpoint) -> None:
    endpoint.script = [
        refusal(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        refusal(400, "Unsupported value: 'temperature' does not support 0 with this model."),
    ]
    with open_api(endpoint.url, "m") as extender:
        extend_prompt(extender, FOX)
        extend_prompt(extender, FOX)
    fields = [set(body) - {"model", "messages"} for body in endpoint.requests]
    assert fields == [
        {"max_tokens", "temperature", "seed"},
        {"max_completion_tokens", "temperature", "seed"},
        {"max_completion_tokens", "seed"},
        {"max_completion_tokens", "seed"},
    ]


def test_nobody_there(endpoint: Endpoint) -> None:
    waits = Waits()
    with open_api(closed_port(), "m") as extender, pytest.raises(ModelUnavailable, match="refused"):
        extend_prompt(extender, FOX, wait=waits)
    assert waits == [1, 2]


def test_an_endpoint_that_hangs_up_is_tried_again(endpoint: Endpoint) -> None:
    endpoint.script = [Reply(hang_up=True)]
    assert ask(endpoint) == extended("a fox in the snow")


@pytest.mark.parametrize("reply", [Reply("late", delay=0.5), Reply("late " * 40, drip=0.01)], ids=["late", "dripping"])
def test_an_answer_that_takes_too_long_is_given_up(endpoint: Endpoint, reply: Reply) -> None:
    endpoint.script = [reply]
    with pytest.raises(ModelUnavailable, match=r"within 0\.2 s"):
        ask(endpoint, attempts=1, timeout=0.2)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(""),
        Reply(None),
        Reply("I'm sorry, but I can't."),
        Reply("word " * 5000),
        Reply("word word", finish="length"),
        Reply(body=b"{}"),
        Reply(body=b"not json"),
        Reply(body=b'{"choices": []}'),
        Reply(body=b'[{"choices": 1}]'),
    ],
    ids=["empty", "null", "refusal", "runaway", "cut off", "no choices", "no json", "none", "list"],
)
def test_an_answer_of_no_use_is_asked_for_again(endpoint: Endpoint, reply: Reply) -> None:
    endpoint.script = [reply]
    waits = Waits()
    assert ask(endpoint, waits=waits) == extended("a fox in the snow")
    assert waits == []
    endpoint.script = [reply] * 3
    with pytest.raises(PromptError) as caught:
        ask(endpoint)
    assert not isinstance(caught.value, ModelUnavailable)
    assert len(endpoint.requests) == 5


def test_an_answer_in_parts_is_put_together(endpoint: Endpoint) -> None:
    parts = [{"type": "text", "text": "a red "}, {"type": "text", "text": "fox"}]
    endpoint.script = [Reply(body=json.dumps({"choices": [{"message": {"content": parts}}]}).encode())]
    assert ask(endpoint) == "a red fox"


def test_an_answer_without_end_is_not_read_to_the_end(endpoint: Endpoint) -> None:
    endpoint.script = [Reply(body=b" " * 3_000_000)]
    with open_api(endpoint.url, "m") as extender, pytest.raises(PromptError, match="did not end"):
        extender.answer([Message("user", "x")])


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_of_a_request_is_one_of_ours(
    endpoint: Endpoint, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", break_network(kind))
    with pytest.raises(ModelUnavailable, match=r"127\.0\.0\.1:\d+/v1/chat/completions: "):
        ask(endpoint)
