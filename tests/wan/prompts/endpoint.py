"""A real HTTP server that speaks the OpenAI protocol, and misbehaves as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """`text` becomes a chat completion, unless `body` says what is sent. `delay` and `drip` (a byte) in seconds."""

    text: str | None = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    finish: str = "stop"
    delay: float = 0.0
    drip: float = 0.0
    hang_up: bool = False

    def data(self) -> bytes:
        if self.body is not None:
            return self.body
        message = {"role": "assistant", "content": self.text}
        return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": self.finish}]}).encode()


def refusal(status: int, message: str = "", **headers: str) -> Reply:
    body = json.dumps({"error": {"message": message}}).encode()
    return Reply(status=status, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


@dataclass
class Endpoint:
    """Gives the replies of `script` one after the other, then writes every prompt out in its own fixed way.

    `models` are those it lists; None: it knows no listing. `wants_key`: for the listing.
    """

    url: str
    script: list[Reply] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    models: tuple[str, ...] | None = None
    wants_key: bool = False
    busy: int = 0
    most_busy: int = 0

    @property
    def asked(self) -> list[str]:
        """The prompts of all requests so far."""
        return [written(body) for body in self.requests]

    def next(self, body: dict[str, Any]) -> Reply:
        with self.lock:
            self.requests.append(body)
            return self.script.pop(0) if self.script else Reply(extended(written(body)))


def extended(prompt: str) -> str:
    return f"At dawn, in a wide shot with soft light from the left, {prompt}, framed low and still."


def written(body: dict[str, Any]) -> str:
    """The storyboard's prompt in a request."""
    content = next(turn["content"] for turn in body["messages"] if turn["role"] == "user")
    text = content if isinstance(content, str) else next(part["text"] for part in content if part["type"] == "text")
    return str(text.split("<prompt>\n")[1].split("\n</prompt>")[0])


@contextmanager
def serving() -> Iterator[Endpoint]:
    """A server on a port of its own, gone at the end."""
    endpoint: Endpoint

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            if endpoint.wants_key and "Authorization" not in self.headers:
                self._send(refusal(401))
            elif endpoint.models is None:
                self._send(refusal(404))
            else:
                rows = [{"id": name, "object": "model"} for name in endpoint.models]
                self._send(Reply(body=json.dumps({"object": "list", "data": rows}).encode()))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with endpoint.lock:
                endpoint.headers.append(dict(self.headers))
                endpoint.paths.append(self.path)
                endpoint.busy += 1
                endpoint.most_busy = max(endpoint.most_busy, endpoint.busy)
            reply = endpoint.next(body)
            time.sleep(reply.delay)
            with endpoint.lock:
                endpoint.busy -= 1
            with suppress(ConnectionError):
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            if reply.hang_up:
                self.close_connection = True
                return
            data = reply.data()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            for byte in data if reply.drip else ():
                self.wfile.write(bytes([byte]))
                time.sleep(reply.drip)
            if not reply.drip:
                self.wfile.write(data)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # a client that has gone, as it was meant to

    server = Server(("127.0.0.1", 0), Handler)
    endpoint = Endpoint(f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def closed_port() -> str:
    """An address where nobody answers."""
    with serving() as endpoint:
        return endpoint.url
