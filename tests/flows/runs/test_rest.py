"""A Prefect server that is asked without Prefect: whatever becomes of a request is said in our words."""

from __future__ import annotations

import httpx
import pytest

from flows.errors import EnvironmentProblem, FlowsError
from flows.runs.rest import Rest
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
