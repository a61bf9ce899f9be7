"""A server before a server that speaks S3: it is as strict as Amazon's, and can be made to fail.

moto takes any region, clock, key, checksum and prefix. The front refuses what Amazon refuses, in its words; what it
lets pass is answered by the server behind it, unless a fault is put in between.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from tests.flows.buckets import ACCESS, BUCKET

SKEW_SECONDS = 900.0
"""As far as a request's time may be from Amazon's."""


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return unquote(self.path).removeprefix(f"/{BUCKET}").strip("/")

    def __str__(self) -> str:
        return f"{self.method} {self.key or '/'} {','.join(sorted(self.query))}".rstrip()


@dataclass(frozen=True)
class Answer:
    """An error in place of an answer."""

    status: int
    code: str
    inner: str = ""


@dataclass(frozen=True)
class Cut:
    """The answer breaks off after so many bytes of its body; None: before anything, though what was asked is done."""

    after: int | None


@dataclass(frozen=True)
class Drop:
    """The connection is closed before anything is done."""


@dataclass(frozen=True)
class Slow:
    """The answer comes in pieces of 64 kB, with so many seconds before each."""

    seconds: float


@dataclass(frozen=True)
class Altered:
    """One byte is another one; on the way up, or down."""

    up: bool = False


Fault: TypeAlias = Answer | Cut | Drop | Slow | Altered


@dataclass
class Front:
    """`fault(asked)` says what goes wrong with a request. `skew`: seconds that its clock is ahead. `prefix`: all that
    the credentials may see."""

    url: str
    fault: Callable[[Asked], Fault | None] = lambda asked: None
    region: str = "us-east-1"
    skew: float = 0.0
    access: str = ACCESS
    prefix: str = ""
    log: list[Asked] = field(default_factory=list)

    def refusal(self, asked: Asked) -> Answer | None:
        """What Amazon would refuse."""
        signed = re.search(r"Credential=([^/]+)/\d+/([^/]+)/", asked.headers.get("authorization", ""))
        if signed is None or signed[1] != self.access:
            return Answer(403, "InvalidAccessKeyId")
        if signed[2] != self.region:
            return Answer(400, "AuthorizationHeaderMalformed", f"<Region>{self.region}</Region>")
        when = datetime.strptime(asked.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(when.timestamp() - time.time() - self.skew) > SKEW_SECONDS:
            return Answer(403, "RequestTimeTooSkewed")
        told = asked.headers.get("x-amz-checksum-sha256")
        if told is not None and told != base64.b64encode(hashlib.sha256(asked.body).digest()).decode():
            return Answer(400, "BadDigest")
        return None if self.may(asked) else Answer(403, "AccessDenied")

    def may(self, asked: Asked) -> bool:
        """As a policy says that gives a prefix alone."""
        wanted = asked.key or (asked.query.get("prefix") or [""])[0]
        return wanted.startswith(self.prefix) and (bool(asked.key) or "list-type" in asked.query or not self.prefix)

    def asked(self, method: str, key: str = "") -> list[str]:
        """What was asked with this method, of keys that end so."""
        return [str(one) for one in self.log if one.method == method and one.key.endswith(key)]


@contextmanager
def before(server: str) -> Iterator[Front]:
    """A front to the server at that address."""
    front = Front("")
    behind = urlsplit(server).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            asked = self.read()
            front.log.append(asked)
            fault = front.fault(asked)
            match fault:
                case Answer():
                    return self.refuse(fault)
                case Drop():
                    self.close_connection = True
                    return None
                case Altered(up=True):
                    asked = Asked(asked.method, asked.path, asked.query, asked.headers, _altered(asked.body))
            if (refused := front.refusal(asked)) is not None:
                return self.refuse(refused)
            return self.pass_on(asked, fault)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815  # as the class wants them called

        def read(self) -> Asked:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            return Asked(self.command, parts.path, parse_qs(parts.query, keep_blank_values=True), headers, body)

        def pass_on(self, asked: Asked, fault: Fault | None) -> None:
            connection = http.client.HTTPConnection(behind, timeout=60)
            connection.request(asked.method, self.path, asked.body, asked.headers)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            if front.prefix and answer.status == 404 and asked.method in ("GET", "HEAD"):
                return self.refuse(Answer(403, "AccessDenied"))
            if isinstance(fault, Cut) and fault.after is None:
                self.close_connection = True
                return None
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "date", "content-length"):
                    self.send_header(name, value)
            length = answer.headers.get("content-length") if asked.method == "HEAD" else str(len(body))
            self.finish_with(_altered(body) if fault == Altered() else body, length or "0", fault)
            return None

        def refuse(self, answer: Answer) -> None:
            text = f"<Error><Code>{answer.code}</Code><Message>{dict(self.headers)}</Message>{answer.inner}</Error>"
            body = text.replace("'", "").encode() if self.command != "HEAD" else b""
            self.send_response_only(answer.status)
            self.send_header("Content-Type", "application/xml")
            self.finish_with(body, str(len(body)), None)

        def finish_with(self, body: bytes, length: str, fault: Fault | None) -> None:
            self.send_header("Date", formatdate(time.time() + front.skew, usegmt=True))
            self.send_header("Content-Length", length)
            self.end_headers()
            match fault:
                case Cut(after=int(number)) if number < len(body):
                    self.wfile.write(body[:number])
                    self.close_connection = True
                case Slow(seconds=seconds):
                    for start in range(0, len(body), 1 << 16):
                        time.sleep(seconds)
                        self.wfile.write(body[start : start + (1 << 16)])
                        self.wfile.flush()
                case _ if self.command != "HEAD":
                    self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # the other side went away

    with Server(("127.0.0.1", 0), Handler) as listening:
        front.url = f"http://127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield front
        listening.shutdown()
        thread.join()


def _altered(body: bytes) -> bytes:
    return bytes([body[0] ^ 1]) + body[1:] if body else body
