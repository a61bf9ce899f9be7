"""A server that the person names: what is wrong with it is said before anything is rendered."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.errors import EnvironmentProblem
from flows.runs import named as module
from flows.runs.named import Named, named_server
from tests.httpx_errors import ERRORS, break_network

Serve = Callable[[dict[str, tuple[int, Any]]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """`serve({path: (status, what is said)})`: the address of such a server. A password: `told` says who asked."""
    servers: list[ThreadingHTTPServer] = []

    def begin(answers: dict[str, tuple[int, Any]]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, told = answers.get(self.path, (404, "no"))
                if self.path == "/api/admin/version" and "secret" in answers:
                    status = 200 if self.headers["Authorization"] == "Basic YTpi" else 401
                body = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


HEALTHY: dict[str, tuple[int, Any]] = {"/api/health": (200, True), "/api/admin/version": (200, "3.8.8")}


def wrong(api: str, **settings: str) -> str:
    with pytest.raises(EnvironmentProblem) as caught:
        Named(api, settings).check()
    assert "\n    " in str(caught.value)
    return str(caught.value)


def test_one_that_is_there_tells_its_version(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "socks5://127.0.0.1:9")  # what is said to this machine goes through no proxy
    here = Named(f"{serve(HEALTHY)}/api", {})
    assert here.check() == "Prefect 3.8.8"
    assert here.answers()
    assert here.url == here.api.removesuffix("/api")


def test_an_address_without_api_is_told_the_right_one(serve: Serve) -> None:
    url = serve(HEALTHY)
    assert wrong(url) == (
        f"a server answers at {url}, but not Prefect's API: the address ends in /api\n    PREFECT_API_URL={url}/api"
    )


def test_another_server_is_not_prefects(serve: Serve) -> None:
    assert "but not Prefect's API (404)" in wrong(f"{serve({})}/api")
    assert "but not Prefect's API (200)" in wrong(f"{serve({'/api/health': (200, 'ok')})}/api")
    assert "answers with an error (500)" in wrong(f"{serve({'/api/health': (500, '')})}/api")


def test_another_major_version_is_said(serve: Serve) -> None:
    old = {**HEALTHY, "/api/admin/version": (200, "2.20.1")}
    assert "is 2.20.1, and 3." in wrong(f"{serve(old)}/api")


def test_a_password_is_asked_for_and_a_wrong_one_is_named(serve: Serve) -> None:
    api = f"{serve({**HEALTHY, 'secret': (0, '')})}/api"
    assert "asks who you are\n    set PREFECT_API_AUTH_STRING" in wrong(api)
    assert "does not accept PREFECT_API_AUTH_STRING" in wrong(api, PREFECT_API_AUTH_STRING="a:c")
    assert Named(api, {"PREFECT_API_AUTH_STRING": "a:b"}).check() == "Prefect 3.8.8"


def test_nobody_there_and_one_who_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        api = f"http://127.0.0.1:{mute.getsockname()[1]}/api"
        assert "(no answer in 0.3 s)" in wrong(api)
        assert not Named(api, {}).answers()
    assert "no Prefect server answers at PREFECT_API_URL=" in wrong(api)
    assert "unset PREFECT_API_URL" in wrong(api)


@pytest.mark.parametrize(
    ("api", "told"),
    [
        ("localhost:4200", "does not begin with http://"),
        ("ftp://host/api", "PREFECT_API_URL=http://host/api"),
        ("http://host:abc/api", "is not an address"),
        ("http://host:99999/api", "is not an address"),
        ("http:///api", "names no server"),
    ],
)
def test_what_is_no_address_is_said(api: str, told: str) -> None:
    assert told in wrong(api)


def test_a_file_of_certificates_that_is_not_there_is_said(tmp_path: Path) -> None:
    told = wrong("https://127.0.0.1:9/api", PREFECT_API_SSL_CERT_FILE=str(tmp_path / "gone.pem"))
    assert told.startswith(f"PREFECT_API_SSL_CERT_FILE={tmp_path / 'gone.pem'}: No such file")


def test_blanks_name_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.setenv("PREFECT_API_URL", "  ")
    assert named_server() is None
    monkeypatch.setenv("PREFECT_API_URL", "http://h/api/ ")
    server = named_server()
    assert server is not None
    assert server.api == "http://h/api"


def test_one_of_a_profile_is_unset_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    (tmp_path / "profiles.toml").write_text('active = "t"\n[profiles.t]\nPREFECT_API_URL = "http://127.0.0.1:9/api"\n')
    server = named_server()
    assert server is not None
    with pytest.raises(EnvironmentProblem, match=rf"or unset PREFECT_API_URL in {tmp_path / 'profiles.toml'}"):
        server.check()


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_of_a_request_is_one_of_ours(kind: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", break_network(kind))
    named = Named("http://127.0.0.1:9/api", {})
    assert not named.answers()
    with pytest.raises(EnvironmentProblem, match="no Prefect server answers at PREFECT_API_URL="):
        named.check()
