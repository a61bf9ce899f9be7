"""A model hub on this machine, speaking both dialects, that can be told to misbehave."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class FakeHub:
    """Serves `files` of one repository. What is set here holds from the next request on.

    `cut_after` bytes the connection is cut, for `cuts` answers. `busy` answers are `busy_status` first. `elsewhere` is
    the address that files are redirected to. `history` has the files of earlier commits. `lies` maps
    a path to bytes that are sent instead of what is listed.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.repo = "somebody/some-model"
        self.ranges = True
        self.digests = True
        self.cut_after = 0
        self.cuts = 0
        self.busy = 0
        self.busy_status = 429
        self.retry_after: str | None = "0"
        self.error_code = ""
        self.elsewhere: str | None = None
        self.lies: dict[str, bytes] = {}
        self.lie_times = 1_000
        self.etags: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        self.pages = 0
        self.seconds_a_chunk = 0.0
        self.gated = False
        self.row: dict[str, object] | None = None
        self.sent: Counter[str] = Counter()
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.commit = COMMIT
        self.history: dict[str, dict[str, bytes]] = {}
        self._server: ThreadingHTTPServer | None = None
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def asked_for(self, path: str) -> list[dict[str, str]]:
        """The headers of each request for a file."""
        return [headers for url, headers in self.asked if unquote(url).endswith(path)]

    @contextmanager
    def serving(self) -> Iterator[FakeHub]:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self._server.daemon_threads = True
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def push(self, commit: str, changed: dict[str, bytes]) -> None:
        """The branch moves on; the commit before is still there for those who ask for it."""
        self.history[self.commit] = self.files
        self.commit, self.files = commit, {**self.files, **changed}

    def at(self, commit: str) -> dict[str, bytes] | None:
        """The files of a commit."""
        return self.files if commit == self.commit else self.history.get(commit)

    def size(self, path: str, files: dict[str, bytes] | None = None) -> int:
        return self.sizes.get(path, len((files or self.files)[path]))

    def take(self, name: str) -> bool:
        """Whether one of a number of misdeeds is left."""
        with self._lock:
            left = getattr(self, name)
            setattr(self, name, max(0, left - 1))
            return bool(left)


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        hub = self.hub
        with hub._lock:
            hub.asked.append((self.path, dict(self.headers.items())))
        if hub.gated and "Authorization" not in self.headers:
            self._answer(401, b"{}")
            return
        if hub.take("busy"):
            headers = {"Retry-After": hub.retry_after, "X-Error-Code": hub.error_code}
            self._answer(hub.busy_status, b"", {name: value for name, value in headers.items() if value})
            return
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        revision = parts.path.removeprefix(f"/api/models/{hub.repo}/revision/")
        tree = hub.at(parts.path.removeprefix(f"/api/models/{hub.repo}/tree/"))
        kept, _, path = parts.path.removeprefix(f"/{hub.repo}/resolve/").partition("/")
        if revision == "main" or hub.at(revision) is not None:
            self._json({"sha": hub.commit if revision == "main" else revision})
        elif tree is not None:
            self._tree(tree, int(query.get("cursor", ["0"])[0]))
        elif parts.path == f"/api/v1/models/{hub.repo}/repo/files":
            known = query["Revision"] == ["master"]
            self._json({"Code": 200, "Data": self._modelscope() if known else {"Files": None}, "Success": True})
        elif parts.path == f"/api/v1/models/{hub.repo}/repo":
            self._file(query["FilePath"][0])
        elif (files := hub.at(kept)) is not None:
            self._file(unquote(path), files)
        elif parts.path.startswith("/store/"):
            self._bytes(unquote(parts.path)[len("/store/") :])
        else:
            self._answer(404, b"no such thing")

    def _tree(self, files: dict[str, bytes], start: int) -> None:
        rows: list[dict[str, object]] = [{"type": "directory", "path": "vae", "size": 0, "oid": "d" * 40}]
        for path, data in files.items():
            row: dict[str, object] = {"type": "file", "path": path, "size": self.hub.size(path, files)}
            if self.hub.digests and path.endswith(".safetensors"):
                oid = hashlib.sha256(data).hexdigest()
                row |= {"oid": "a" * 40, "lfs": {"oid": oid, "size": self.hub.size(path, files), "pointerSize": 134}}
            elif self.hub.digests:
                row["oid"] = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            rows.append(self.hub.row or row)
        end = start + self.hub.pages if self.hub.pages else len(rows)
        follow = f'<https://elsewhere.example{urlsplit(self.path).path}?recursive=true&cursor={end}>; rel="next"'
        self._json(rows[start:end], {"Link": follow} if end < len(rows) else {})

    def _modelscope(self) -> dict[str, object]:
        files: list[dict[str, object]] = [
            {
                "Path": path,
                "Name": path.rpartition("/")[2],
                "Type": "blob",
                "Size": self.hub.size(path),
                "Sha256": hashlib.sha256(data).hexdigest(),
                "Revision": self.hub.commit,
            }
            for path, data in self.hub.files.items()
        ]
        tree = {"Path": "vae", "Name": "vae", "Type": "tree", "Size": 0, "Sha256": "", "Revision": "f" * 40}
        files = [self.hub.row] if self.hub.row else files
        return {"Files": [tree, *files], "LatestCommitter": {"ShortId": self.hub.commit[:8]}}

    def _file(self, path: str, files: dict[str, bytes] | None = None) -> None:
        files = self.hub.files if files is None else files
        if path not in files:
            self._answer(404, b"no such file")
        elif self.hub.elsewhere is not None:
            self._answer(302, b"", {"Location": f"{self.hub.elsewhere}/store/{path}?signature=secret"})
        else:
            self._bytes(path, files)

    def _bytes(self, path: str, files: dict[str, bytes] | None = None) -> None:
        hub = self.hub
        data = (hub.files if files is None else files)[path]
        if path in hub.lies and hub.take("lie_times"):
            data = hub.lies[path]
        etag = hub.etags.get(path, f'"{hashlib.sha256(data).hexdigest()[:12]}"')
        headers = {"ETag": etag}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        status, whole = 200, len(data)
        if asked and hub.ranges and self.headers.get("If-Range", etag) == etag:
            start, end = int(asked[1]), min(int(asked[2] or whole - 1), whole - 1)
            if start >= whole:
                self._answer(416, b"")
                return
            status, data = 206, data[start : end + 1]
            headers["Content-Range"] = f"bytes {start}-{end}/{whole}"
        self._send(status, data, headers, path)

    def _send(self, status: int, data: bytes, headers: dict[str, str], path: str) -> None:
        cut = len(data) > self.hub.cut_after > 0 and self.hub.take("cuts")
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        data = data[: self.hub.cut_after] if cut else data
        for at in range(0, len(data), 16_384):
            chunk = data[at : at + 16_384]
            try:
                self.wfile.write(chunk)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
                return
            with self.hub._lock:
                self.hub.sent[path] += len(chunk)
            time.sleep(self.hub.seconds_a_chunk)
        if cut:
            self.close_connection = True

    def _json(self, value: object, headers: dict[str, str] | None = None) -> None:
        self._answer(200, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
