"""A machine that serves, as a person starts it, and a bucket that it shares with who asks it for films."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from flows.runs.server import Server
from tests.flows import buckets
from tests.flows.buckets import BUCKET, CREDENTIALS


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sequence[str]]:
    """Overrides that name one, which is all that the two machines share."""
    for name, value in {**CREDENTIALS, "XDG_CACHE_HOME": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(name, value)
    with buckets.serving("moto", tmp_path / "moto" / "data") as server:
        yield ["store=s3", f"store.bucket={BUCKET}", f"store.endpoint={server.url}", "store.prefix=team"]


@pytest.fixture
def serving(
    server: Server, child_environment: dict[str, str], tmp_path: Path
) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """`wanflow serve` in a folder of its own, once it serves, and what it has said."""
    farm = tmp_path / "farm"
    farm.mkdir()
    command = [sys.executable, "-m", "flows.cli", "serve", "film.preset=ultrafast"]
    homes = {f"XDG_{kind}_HOME": str(tmp_path / "farm" / kind.lower()) for kind in ("STATE", "CACHE")}
    environment = {**child_environment, **CREDENTIALS, **homes}
    with subprocess.Popen(
        command, cwd=farm, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said: list[str] = []
        for line in process.stdout:
            said.append(line)
            if "serves films" in line:
                break
        try:
            yield process, said
        finally:
            process.terminate()
            said += process.stdout.readlines()
