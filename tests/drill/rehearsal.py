"""Films made by the real command on a small cluster, while somebody else kills what they stand on."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from flows.config import compose
from flows.edit.process import find_ffmpeg
from flows.store.layout import BLOBS, CHECKPOINTS, RECORDS

Event: TypeAlias = dict[str, Any]

STORYBOARD = """
storyboard: 1
title: Drill
seed: 3
shot_defaults: {duration: 0.3s, sampling: {num_inference_steps: 6, guidance_scale: 1}}
scenes:
  - id: a
    shots:
      - {id: one, prompt: a white boat moves left to right}
      - {id: two, prompt: a white boat comes closer, continuity: {from: previous, by: last_frame}}
      - {id: three, prompt: a red star moves right to left}
      - {id: four, prompt: a blue ring comes closer}
"""
SHOTS = 4
STEPS = 6
POOL = "drill"
"""The pool that most plays share: it outlives all that is done to it, and its workers hold their models."""
SECONDS = 300.0
"""What a film may take, with everything that is done to it."""
RAYS_WORDS = re.compile(r"ray::|raylet|\(pid=|Traceback|^\[?\d{4}-\d\d-\d\d|^[EWIF]\d{4} ", re.MULTILINE)
"""What nobody wants to read on a terminal."""


@dataclass(slots=True)
class Making:
    """One run of the command. `events` grows while it runs, the first `noted` of them have been looked at; `words` is
    what it said on stderr."""

    process: subprocess.Popen[str]
    words_file: Path
    events: list[Event] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    noted: int = 0
    _reader: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append({**json.loads(line), "at": round(time.monotonic() - self.began, 2)})

    def wait(self, seconds: float = SECONDS) -> Event:
        """The document that it prints last; none ({}) of one that was killed."""
        self.process.wait(seconds)
        self._reader.join(10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        last = self.events[-1] if self.events else {}
        return {} if "event" in last else last

    def until(self, happened: Callable[[Event], Any], seconds: float = SECONDS, after: int = 0) -> Event | None:
        """The first event like that, but for so many; None: it ended without one."""
        seen, deadline = after, time.monotonic() + seconds
        while time.monotonic() < deadline:
            while seen < len(self.events):
                seen += 1
                if happened(self.events[seen - 1]):
                    return self.events[seen - 1]
            if self.process.poll() is not None and not self._reader.is_alive():
                return None
            time.sleep(0.005)
        raise TimeoutError(f"nothing like that happened: {self.events[-3:]}")

    def worker_of(self, event: Event) -> str:
        """Who renders the clip that the event is about."""
        begun = [e["worker"] for e in self.events if e.get("event") == "started" and e["shot"] == event["shot"]]
        return str(begun[-1])

    @property
    def rendered(self) -> list[str]:
        """Fingerprints of the clips that were rendered, in their order."""
        return [fingerprint for fingerprint, _ in self.renderings]

    @property
    def renderings(self) -> list[tuple[str, str]]:
        """The same, each with what it took: films that share one hear the same of it."""
        done = [e for e in self.events if e.get("event") == "finished" and not e["cached"]]
        return [(e["fingerprint"], json.dumps(e["seconds"])) for e in done]

    @property
    def words(self) -> str:
        return self.words_file.read_text(errors="replace")

    def told(self, text: str) -> list[str]:
        """Messages of events that have `text` in them."""
        return [e["message"] for e in self.events if text in str(e.get("message", ""))]


class Stage:
    """A cluster, and a folder for its films. Every process on it has the folder in its environment."""

    def __init__(self, folder: Path, head: subprocess.Popen[str], environment: Mapping[str, str]) -> None:
        assert head.stdout is not None
        self.folder = folder
        self.address = head.stdout.readline().strip()
        self.store = str(folder / "store")
        self.head = head
        self.environment = environment
        self._numbers = 0
        (folder / "film.yaml").write_text(STORYBOARD)

    def begin(
        self,
        name: str,
        *overrides: str,
        pool: str = POOL,
        store: str | None = None,
        trouble: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Making:
        """Make the film, with outputs in the folder `name`; `store`: "" where overrides name one; `trouble`: with a
        renderer that gets into it."""
        self._numbers += 1
        program = ["flows.cli"]
        if trouble is not None:
            own = self.folder / f"trouble-{self._numbers}"
            own.mkdir()
            program = ["tests.drill.driven", json.dumps({"folder": str(own), **trouble})]
        kept = [] if store == "" else [f"store.address={store or self.store}"]
        command = [
            sys.executable, "-m", *program, "render", str(self.folder / "film.yaml"), "--events",
            "cluster=ray", f"cluster.address={self.address}", "cluster.gpus_per_worker=0", f"cluster.pool={pool}",
            "cluster.max_workers=2", "cluster.idle_timeout=600",
            *kept, f"film.outputs={self.folder / name / 'outputs'}",
            "film.preset=ultrafast", "render.checkpoint_seconds=0.001", *overrides,
        ]  # fmt: skip
        words = self.folder / f"words-{self._numbers}.txt"
        with words.open("w") as stderr:
            process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env={**self.environment, **(environment or {})},
                start_new_session=True,
            )
        return Making(process, words)

    def frames(self, document: Event) -> str:
        """Digest of the film's decoded frames."""
        ffmpeg = find_ffmpeg(compose([]).settings.film)
        into = ["-map", "0:v", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
        command = [str(ffmpeg), "-v", "error", "-i", document["film"], *into]
        done = subprocess.run(command, capture_output=True, check=True)
        return hashlib.sha256(done.stdout).hexdigest()

    def processes(self, pool: str = POOL) -> dict[str, int]:
        """Of the pool's keeper and workers, by their names."""
        return dict(self._order(f"processes {pool}"))

    def send(self, name: str, how: signal.Signals, pool: str = POOL) -> int:
        """A signal to the process of the keeper, or of a worker, which is returned. 0 if there is none."""
        process = self.processes(pool).get(name, 0)
        if process:
            os.kill(process, how)
        return process

    def down(self, pool: str) -> None:
        """End a pool."""
        self._order(f"down {pool}")

    def clear(self) -> None:
        """Nothing of the film is in the store any more."""
        for part in (RECORDS, BLOBS, CHECKPOINTS):
            shutil.rmtree(Path(self.store) / part, ignore_errors=True)

    def _order(self, line: str) -> Any:
        assert self.head.stdin is not None
        assert self.head.stdout is not None
        self.head.stdin.write(f"{line}\n")
        self.head.stdin.flush()
        return json.loads(self.head.stdout.readline())


@contextmanager
def stage(folder: Path, cpus: int = 4, **variables: str) -> Iterator[Stage]:
    """A cluster with room for two pools of two workers, and its end."""
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(Path(__file__).with_name("inside")), str(root)])
    environment = {**os.environ, "PYTHONPATH": paths, "WANFLOW_DRILL": str(folder), **variables}
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("head.py")), str(cpus)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
        start_new_session=True,
    )
    try:
        yield Stage(folder, process, environment)
    finally:
        end(process)
        for number in marked(folder):
            os.kill(number, signal.SIGKILL)


def end(process: subprocess.Popen[str]) -> None:
    """With all of its session."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def marked(folder: Path) -> list[int]:
    """The processes of the stage in that folder."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                environment = (place / "environ").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if f"WANFLOW_DRILL={folder}\0" in environment:
                found.append(int(place.name))
    return found
