"""A Prefect server that is asked without Prefect: whatever becomes of a request is said in our words."""

from __future__ import annotations

import json

import httpx
import pytest

from flows.errors import EnvironmentProblem, FlowsError
from flows.runs.rest import PAGE, Rest
from tests.httpx_errors import ERRORS, broken_client

URL = "http://127.0.0.1:9"


def answering(status: int, body: bytes) -> Rest:
    transport = httpx.MockTransport(lambda request: httpx.Response(status, content=body))
    return Rest(URL, httpx.Client(base_url=URL, transport=transport))


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_of_a_request_is_one_of_ours(kind: type[Exception]) -> None:
    with (
        Rest(URL, broken_client(kind)) as rest,
        pytest.raises(EnvironmentProblem, match=r"the Prefect server at http://127\.0\.0\.1:9 does not answer"),
    ):
        rest.get("/health")


def test_what_the_server_says_comes_back() -> None:
    with answering(200, b'{"a": 1}') as rest:
        assert rest.post("/flows/", {}) == {"a": 1}
    with answering(204, b"") as rest:
        assert rest.get("/flows/") is None
    with answering(404, b"nothing here") as rest:
        assert rest.get("/flows/") is None


@pytest.mark.parametrize(
    ("status", "body", "told"), [(500, b"oh no", "says 500: oh no"), (200, b"<html>", "not answer as Prefect does")]
)
def test_what_cannot_be_used_is_said(status: int, body: bytes, told: str) -> None:
    with answering(status, body) as rest, pytest.raises(FlowsError, match=told):
        rest.get("/flows/")


@pytest.mark.parametrize(("busy", "asked"), [(2, 3), (9, 4)])
def test_a_server_that_is_busy_is_asked_again(monkeypatch: pytest.MonkeyPatch, busy: int, asked: int) -> None:
    heard: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request.method)
        return httpx.Response(503 if len(heard) <= busy else 200, json="done")

    monkeypatch.setattr("flows.runs.rest.TRY_SECONDS", 0.0)
    client = httpx.Client(base_url="http://farm/api", transport=httpx.MockTransport(answer))
    with Rest("http://farm", client) as rest:
        if busy < asked:
            assert rest.delete("/anything") == "done"
        else:
            with pytest.raises(FlowsError, match="503"):
                rest.delete("/anything")
    assert heard == ["DELETE"] * asked


@pytest.mark.parametrize("there", [0, 1, PAGE, PAGE + 1, 3 * PAGE])
def test_all_that_a_filter_finds_is_told_page_by_page(there: int) -> None:
    asked: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        assert (body["sort"], body["limit"]) == ("ID_DESC", PAGE)
        asked.append(body["offset"])
        return httpx.Response(200, json=[{"id": f"{number}"} for number in range(there)][body["offset"] :][:PAGE])

    with Rest(URL, httpx.Client(base_url=URL, transport=httpx.MockTransport(answer))) as rest:
        found = rest.all("/flow_runs/filter", {"sort": "ID_DESC"})
    assert [each["id"] for each in found] == [f"{number}" for number in range(there)]
    assert asked == [PAGE * page for page in range(there // PAGE + 1)]


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [("get", "/a", 2), ("post", "/runs/filter", 2), ("post", "/runs/", 1), ("delete", "/a", 1)],
)
@pytest.mark.parametrize("kind", [httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError])
def test_what_changes_nothing_is_asked_again_where_a_kept_connection_was_closed(
    kind: type[httpx.TransportError], method: str, path: str, asked: int
) -> None:
    heard: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request.method)
        if len(heard) == 1:
            raise kind("connection reset by peer")
        return httpx.Response(200, json="done")

    with Rest(URL, httpx.Client(base_url=URL, transport=httpx.MockTransport(answer))) as rest:
        ask = {"get": rest.get, "post": lambda path: rest.post(path, {}), "delete": rest.delete}[method]
        if asked > 1:
            assert ask(path) == "done"
        else:
            with pytest.raises(EnvironmentProblem, match="reset by peer"):
                ask(path)
    assert len(heard) == asked
