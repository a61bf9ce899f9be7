"""Who gets messages, on ports of this machine: an HTTP server and a mail server that can be slow, refuse, or hang."""

from __future__ import annotations

import base64
import http.server
import json
import socketserver
import ssl
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
def webhook(trusted: ssl.SSLContext | None = None) -> Iterator[Inbox]:
    """`trusted` has the certificate; without it nothing is encrypted."""
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

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if trusted is not None:
        server.socket = trusted.wrap_socket(server.socket, server_side=True)
    with _serving(server, inbox, "http" if trusted is None else "https"):
        yield inbox


@contextmanager
def mailbox(security: str = "none", trusted: ssl.SSLContext | None = None) -> Iterator[Inbox]:
    """`security`: `tls`, `starttls` or `none`; `trusted` has the certificate. What has come without encryption though
    there is some is marked so."""
    inbox = Inbox()

    class Handler(socketserver.StreamRequestHandler):
        def setup(self) -> None:
            super().setup()
            self.secure = security == "none"
            if security == "tls":
                self.encrypt()

        def encrypt(self) -> None:
            assert trusted is not None
            self.request = trusted.wrap_socket(self.request, server_side=True)
            self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
            self.secure = True

        def finish(self) -> None:
            super().finish()
            self.request.close()

        def greet(self) -> None:
            offers = ["AUTH PLAIN"] if self.secure else ["STARTTLS"]
            self.wfile.write("".join(f"250-{line}\r\n" for line in ("here", *offers)).encode() + b"250 fine\r\n")

        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                command = line[:4].strip().upper()
                if not self.secure and command not in (b"EHLO", b"STAR", b"QUIT"):
                    inbox.came.append("not encrypted")
                if command == b"EHLO" and security != "none":
                    self.greet()
                    continue
                if command == b"STAR":
                    self.wfile.write(b"220 go on\r\n")
                    self.encrypt()
                    continue
                if command == b"AUTH":
                    inbox.came.append(base64.b64decode(line.split()[-1]).decode().split("\0")[1:])
                    self.wfile.write(b"235 welcome\r\n")
                    continue
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

        def handle_error(self, request: object, client: object) -> None:
            if security == "none":
                super().handle_error(request, client)  # type: ignore[arg-type]  # as socketserver has it
            else:
                inbox.came.append("went away")

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
