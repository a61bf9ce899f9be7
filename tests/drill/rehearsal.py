"""A film made by the real command on a small cluster, while somebody else kills what it stands on."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.config import compose
from flows.edit.process import find_ffmpeg

STORYBOARD = """
storyboard: 1
title: Drill
seed: 3
shot_defaults: {duration: 1s, sampling: {num_inference_steps: 6}}
scenes:
  - id: a
    shots:
      - {id: one, prompt: a white boat moves left to right}
      - {id: two, prompt: a white boat comes closer, continuity: {from: previous, by: last_frame}}
      - {id: three, prompt: a red star spins}
"""
HEAD = """
import sys
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
print(cluster.address, flush=True)
sys.stdin.read()
"""
SECONDS = 300.0
"""What a film may take, with everything that is done to it."""


@dataclass(slots=True)
class Making:
    """One run of the command. `events` grows while it runs."""

    process: subprocess.Popen[str]
    events: list[dict[str, Any]] = field(default_factory=list)

    def wait(self) -> dict[str, Any]:
        """The document that it prints last."""
        self.process.wait(SECONDS)
        self._reader.join(10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return self.events[-1]

    _reader: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def until(self, happened: Callable[[dict[str, Any]], bool]) -> bool:
        """Whether an event like that came before the end."""
        seen, deadline = 0, time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            while seen < len(self.events):
                seen += 1
                if happened(self.events[seen - 1]):
                    return True
            if self.process.poll() is not None and not self._reader.is_alive():
                return False
            time.sleep(0.005)
        raise TimeoutError("nothing like that happened")

    @property
    def rendered(self) -> list[str]:
        """Fingerprints of the clips that were rendered, in their order."""
        return [e["fingerprint"] for e in self.events if e.get("event") == "finished" and not e["cached"]]


class Stage:
    """A cluster, and a folder for its films. `mark` tells its processes from everybody's."""

    def __init__(self, folder: Path, address: str, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.address = address
        self._environment = environment
        (folder / "film.yaml").write_text(STORYBOARD)

    def begin(self, name: str, store: str | None = None, *overrides: str) -> Making:
        """Make the film with outputs and, if not said otherwise, a store of its own."""
        command = [
            sys.executable, "-m", "flows.cli", "render", str(self.folder / "film.yaml"), "--events",
            "cluster=ray", f"cluster.address={self.address}", "cluster.gpus_per_worker=0", f"cluster.pool={name}",
            "cluster.idle_timeout=5", f"store.address={self.folder / (store or name) / 'store'}",
            f"film.outputs={self.folder / name / 'outputs'}", "film.preset=ultrafast",
            "render.checkpoint_seconds=0.001", *overrides,
        ]  # fmt: skip
        return Making(
            subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=dict(self._environment),
                start_new_session=True,
            )
        )

    def frames(self, document: Mapping[str, Any]) -> str:
        """Digest of the film's decoded frames."""
        film = document["film"]
        ffmpeg = find_ffmpeg(compose([]).settings.film)
        command = [
            str(ffmpeg),
            "-v",
            "error",
            "-i",
            str(film),
            "-map",
            "0:v",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb24",
            "-",
        ]
        done = subprocess.run(command, capture_output=True, check=True)
        return hashlib.sha256(done.stdout).hexdigest()

    def processes(self, name: str) -> list[int]:
        """Of this cluster, those that call themselves so."""
        return [number for number, command in _marked(self.folder) if command.startswith(f"ray::{name}")]

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> bool:
        """One process that calls itself so. False if there is none."""
        for process in self.processes(name)[:1]:
            os.kill(process, how)
            return True
        return False


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """A cluster with two workers' room, and its end."""
    home = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("DATA", "CACHE", "STATE")}
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, **home, "PYTHONPATH": root, "WANFLOW_DRILL": str(folder)}
    head = subprocess.Popen(
        [sys.executable, "-c", HEAD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
        start_new_session=True,
    )
    try:
        assert head.stdout is not None
        yield Stage(folder, head.stdout.readline().strip(), environment)
    finally:
        os.killpg(head.pid, signal.SIGKILL)
        head.communicate()
        for process, _ in _marked(folder):
            os.kill(process, signal.SIGKILL)


def _marked(folder: Path) -> list[tuple[int, str]]:
    """The processes of the stage in that folder, with what they call themselves."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                command = (place / "cmdline").read_bytes().decode(errors="replace")
                environment = (place / "environ").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if f"WANFLOW_DRILL={folder}\0" in environment:
                found.append((int(place.name), command))
    return found
