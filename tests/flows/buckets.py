"""Servers that speak S3, each a process of its own on a port of this machine, and buckets on them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from minio import Minio

ACCESS, SECRET = "TESTACCESSKEY0000001", "test/secret+key/that-nobody-may-see"
CREDENTIALS: Mapping[str, str] = {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET}
BUCKET = "films"
START_SECONDS = 30.0


def _moto(port: int, folder: Path, host: str) -> Sequence[str]:
    return ("-m", "moto.server", "-H", host, "-p", str(port))


def _localbucket(port: int, folder: Path, host: str) -> Sequence[str]:
    return ("-m", "localbucket", "--host", host, "--port", str(port), str(folder))


SERVERS: Mapping[str, Callable[[int, Path, str], Sequence[str]]] = {"moto": _moto, "localbucket": _localbucket}
"""By name, what Python has to run. moto keeps checksums and metadata; localbucket knows neither, and decides
`If-None-Match` by a hard link."""


@dataclass(frozen=True)
class BucketServer:
    """Where one answers; it has the bucket `films`."""

    url: str

    @property
    def client(self) -> Minio:
        """Not ours, and with the server's own limits alone."""
        return Minio(self.url.removeprefix("http://"), ACCESS, SECRET, secure=False, region="us-east-1")


@contextmanager
def serving(name: str, folder: Path) -> Iterator[BucketServer]:
    """The server of that name, with an empty bucket, until the block ends; `folder` is for what it keeps."""
    port = _free_port()
    folder.mkdir(parents=True, exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MINIO_"))}
    with (folder.parent / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *SERVERS[name](port, folder, "127.0.0.1")], stdout=log, stderr=log, env=environment
        )
    try:
        _wait(port, process, folder.parent / f"{name}.log")
        server = BucketServer(f"http://127.0.0.1:{port}")
        server.client.make_bucket(BUCKET)
        yield server
    finally:
        process.kill()
        process.wait()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"no server at port {port}: {log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
