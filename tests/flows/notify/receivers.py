"""Who gets messages, on ports of this machine: an HTTP server and a mail server that can be slow, refuse, or hang."""

from __future__ import annotations

import http.server
import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

HANG_SECONDS = 60.0


@dataclass
class Inbox:
    """What has come. `how`: `200`, `500`, `302`, `slow`, `hangs`."""

    address: str = ""
    how: str = "200"
    came: list[Any] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def wait(self, number: int, seconds: float = 30.0) -> list[Any]:
        """Until so many have come."""
        deadline = time.monotonic() + seconds
        while len(self.came) < number and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.came


@contextmanager
def webhook() -> Iterator[Inbox]:
    inbox = Inbox()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            inbox.came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if inbox.how in ("slow", "hangs"):
                inbox.over.wait(1.0 if inbox.how == "slow" else HANG_SECONDS)
            status = int(inbox.how) if inbox.how.isdigit() else 200
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{inbox.address}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with _serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler), inbox, "http"):
        yield inbox


@contextmanager
def mailbox() -> Iterator[Inbox]:
    inbox = Inbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                command = line[:4].strip().upper()
                if inbox.how == "hangs":
                    inbox.over.wait(HANG_SECONDS)
                elif command == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = iter(self.rfile.readline, b".\r\n")
                    inbox.came.append(b"".join(lines).decode())
                    self.wfile.write(b"250 kept\r\n")
                elif command == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                else:
                    self.wfile.write(b"550 nobody here\r\n" if inbox.how == "500" else b"250 fine\r\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with _serving(Server(("127.0.0.1", 0), Handler), inbox, "smtp"):
        yield inbox


@contextmanager
def _serving(server: socketserver.BaseServer, inbox: Inbox, scheme: str) -> Iterator[None]:
    inbox.address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        inbox.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
