"""A Ray of our own: where its files go, what its processes inherit, and that it asks nobody anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cluster import own
from flows.errors import EnvironmentProblem
from tests.flows.cluster.proxy import recording_proxy

CLOUDLESS = """
import json, os, signal, sys
heard = []
signal.signal(signal.SIGTERM, lambda *_: heard.append("SIGTERM"))
from flows.cluster.session import RaySession
from flows.config import compose

session = RaySession(compose([]).settings.cluster)
ray = session.ray

@ray.remote
def imported():
    import flows, torch, wan.system.files
    return [flows.__file__, torch.__file__, wan.system.files.__file__]

there = ray.get(imported.remote())
import flows, torch, wan.system.files
assert there == [flows.__file__, torch.__file__, wan.system.files.__file__], there

os.kill(os.getpid(), signal.SIGTERM)
assert heard == ["SIGTERM"]

import psutil
children = [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]
print(json.dumps({"children": children, "environment": sorted(os.environ)}))
session.close()
"""


@pytest.mark.slow
def test_it_heeds_no_other_cluster_nor_the_folder_one_stands_in_and_asks_no_cloud(tmp_path: Path) -> None:
    for name in ("flows", "wan"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('somebody else')")
    (tmp_path / "torch.py").write_text("raise ImportError('somebody else')")
    (tmp_path / ".ray").touch()  # so that nothing can be kept in the home folder
    script = tmp_path / "elsewhere" / "own_film.py"
    script.parent.mkdir()
    script.write_text(CLOUDLESS)
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(Path(own.__file__).parents[2])}
    environment |= {"RAY_ADDRESS": "127.0.0.1:1", "RAY_REDIS_ADDRESS": "127.0.0.1:1", "RAY_OVERRIDE_RESOURCES": "{"}
    with recording_proxy() as proxy:
        environment |= dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), proxy.url) | {"no_proxy": ""}
        ran = subprocess.run(
            [sys.executable, str(script)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
        )
    assert ran.returncode == 0, ran.stderr
    assert "raylet" in ran.stdout
    assert proxy.asked == []
    assert "RAY_AUTH_TOKEN" not in ran.stdout
    assert "RAY_ADDRESS" in ran.stdout


def test_reports_are_switched_off_only_while_our_own_ray_starts() -> None:
    from ray._private.node import Node

    before = Node.start_api_server
    with own._without_reports():
        assert Node.start_api_server is not before
    assert Node.start_api_server is before


def test_the_environment_is_ones_own_again_when_it_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:6379")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "theirs")
    monkeypatch.setenv("no_proxy", "intranet")
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    with own._environment():
        assert "RAY_ADDRESS" not in os.environ
        assert os.environ["RAY_AUTH_TOKEN"] not in ("", "theirs")
        assert os.environ["no_proxy"].split(",")[:2] == ["intranet", own.LOOPBACK]
        os.environ["RAY_AUTH_MODE"] = "token"  # as Ray does
    assert (os.environ["RAY_ADDRESS"], os.environ["RAY_AUTH_TOKEN"]) == ("127.0.0.1:6379", "theirs")
    assert os.environ["no_proxy"] == "intranet"
    assert "RAY_AUTH_MODE" not in os.environ


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """Folders that are tried, instead of the machine's."""
    tried: list[Path] = []
    monkeypatch.setattr(own, "_places", lambda: iter(tried))
    monkeypatch.setattr(own, "SOCKET_PATH_BYTES", 1000)
    return tried


def test_the_first_place_that_can_be_written_to_is_taken(places: list[Path], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    places += [tmp_path / "missing", tmp_path / "file", tmp_path]
    with own._folder() as folder:
        assert folder.parent == tmp_path / f"wanflow-{os.getuid()}"
        assert folder.parent.stat().st_mode & 0o77 == 0


def test_a_place_without_room_is_passed_by(places: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places.append(tmp_path)
    monkeypatch.setattr(own, "FOLDER_BYTES", 1 << 62)
    with pytest.raises(EnvironmentProblem, match=f"{tmp_path}: no space.*\n.*TMPDIR=FOLDER"), own._folder():
        pass


def test_a_path_too_long_for_sockets_is_said(
    places: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("é" * 20)
    long.mkdir()
    places.append(long)
    room = len(os.fsencode(long)) + len(f"/wanflow-{os.getuid()}") + len(own._BELOW)
    monkeypatch.setattr(own, "SOCKET_PATH_BYTES", room)
    with own._folder():
        pass
    monkeypatch.setattr(own, "SOCKET_PATH_BYTES", room - 1)
    with pytest.raises(EnvironmentProblem, match="too long a path for sockets"), own._folder():
        pass


def test_somebody_elses_folder_is_not_used(places: list[Path], tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / f"wanflow-{os.getuid()}").symlink_to(tmp_path / "theirs")
    places.append(tmp_path)
    with pytest.raises(EnvironmentProblem, match="is somebody else's"), own._folder():
        pass
