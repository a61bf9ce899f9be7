"""An HTTP proxy that answers nothing and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Proxy:
    url: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def recording_proxy() -> Iterator[Proxy]:
    proxy = Proxy("")

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            proxy.asked.append(self.rfile.readline(1000).decode(errors="replace").strip())
            self.close_connection = True

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        proxy.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield proxy
        server.shutdown()
