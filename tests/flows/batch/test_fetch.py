"""Files by address: from allowed hosts alone, and not again while they have not changed. A real server, on TLS."""

from __future__ import annotations

import http.server
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flows.batch.plan import plan_batch
from flows.errors import TableError
from tests.flows.batch.batches import PICTURED, asked, picture, table


@dataclass
class Shop:
    """What a server has, by path; `asked` are the requests that it had, with the status that it gave."""

    address: str
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", *made, *subject, *files], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shop = Shop("")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = shop.files.get(self.path)
            mark = f'"{hash(data)}"'
            status = 404 if data is None else 304 if self.headers.get("If-None-Match") == mark else 200
            away = self.path == "/away.png"
            status = 302 if away else status
            shop.asked.append((self.path, status))
            self.send_response(status)
            self.send_header("ETag", mark)
            if away:
                self.send_header("Location", "https://elsewhere.example.com/a.png")
            body = data if status == 200 and data else b""
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    shop.address = f"localhost:{server.server_address[1]}"
    yield shop
    server.shutdown()
    server.server_close()
    thread.join()


def test_files_are_fetched_once_and_asked_for_again_by_their_mark(shop: Shop, tmp_path: Path) -> None:
    data = picture(tmp_path / "a.png").read_bytes()
    shop.files["/red.png"] = data
    address = f"https://{shop.address}/red.png"
    rows = table(["product", "picture"], ["boat", address], ["kite", address])
    batch = asked(tmp_path, rows, PICTURED, overrides=[f"assets.hosts=['{shop.address}']"])
    image = plan_batch(batch, weights=False).films[1].plan.storyboard.shots[1].image
    assert image is not None
    assert image.read_bytes() == data
    assert image.is_relative_to(tmp_path / "cache")
    plan_batch(batch, weights=False)
    assert shop.asked == [("/red.png", 200), ("/red.png", 304)]


def test_what_cannot_be_fetched_is_named_with_its_cell(shop: Shop, tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    shop.files["/text.png"] = b"no picture"
    host = f"https://{shop.address}"
    wrong = [
        f"{host}/gone.png",
        f"{host}/away.png",
        f"{host}/text.png",
        "https://127.0.0.2/a.png",
        "http://localhost/a",
    ]
    rows = table(["product", "picture"], *([f"p{number}", each] for number, each in enumerate(wrong)))
    with pytest.raises(TableError) as error:
        plan_batch(asked(tmp_path, rows, PICTURED, overrides=[f"assets.hosts=['{shop.address}']"]), weights=False)
    said = {problem.place.line: problem.message for problem in error.value.problems if problem.place}
    assert f"{host}/gone.png cannot be fetched: 404" in said[2]
    assert "files are not fetched from elsewhere.example.com" in said[3]
    assert "not a picture" in said[4]
    assert "files are not fetched from 127.0.0.2" in said[5]
    assert "no address that files are fetched from" in said[6]
    assert all(path != "/a.png" for path, _ in shop.asked)
