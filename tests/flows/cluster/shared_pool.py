"""Films that share the pool of a cluster, whose keeper is killed. Prints what happens, a line a fact.

python shared_pool.py FOLDER
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray
from ray.cluster_utils import Cluster

from flows.cluster import Pool, RendererSpec, open_pool
from flows.cluster.control import PoolControl, all_pools, running_pool
from flows.cluster.finding import NoPool
from flows.cluster.quiet import keep_quiet
from flows.cluster.session import NAMESPACE
from flows.config import compose
from flows.errors import EnvironmentProblem, Stopped
from flows.events import Event, Finished, Progress, Started
from flows.planning.model import Clip
from flows.settings import ClusterSettings
from tests.flows.cluster.clips import real_clip
from tests.flows.cluster.troubled import KIND
from tests.flows.made import changed
from wan.families import FAMILIES
from wan.weights.checkpoint import Checkpoint


class Film(threading.Thread):
    """One that is made in the background. `heard` grows."""

    def __init__(self, settings: ClusterSettings, folder: Path, title: str, clips: list[Clip]) -> None:
        super().__init__()
        self.heard: list[Event] = []
        self.error: BaseException | None = None
        self._clips = clips
        spec = RendererSpec(KIND, {"folder": str(folder), "family": "tiny"})
        self.pool: Pool = open_pool(settings, spec, str(folder / "store"), title=title)

    def run(self) -> None:
        with self.pool:
            self.pool.submit(self._clips)
            try:
                self.heard.extend(self._told())
            except (Stopped, EnvironmentProblem) as error:
                self.error = error

    def _told(self) -> Iterator[Event]:
        for event in self.pool.events():
            self.heard.append(event)
            yield from ()

    @property
    def finished(self) -> list[bool]:
        """Whether each clip was there before."""
        return [event.cached for event in self.heard if isinstance(event, Finished)]

    def has(self, kind: type) -> bool:
        return any(isinstance(event, kind) and event.fingerprint for event in self.heard)


def until(what: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60.0
    while not what():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


@contextmanager
def control(settings: ClusterSettings) -> Iterator[PoolControl]:
    with running_pool(settings) as pool:
        yield pool


def twice(settings: ClusterSettings, folder: Path) -> None:
    """Two films that want one slow clip; the second comes while it is rendered."""
    slow = real_clip("a boat that is slow")
    one = Film(settings, folder, "One", [slow])
    one.start()
    until(lambda: one.has(Progress))
    two = Film(settings, folder, "Two", [slow, real_clip("a quick one")])
    two.start()
    one.join()
    two.join()
    print("shared", one.finished, sorted(two.finished), (folder / "rendered.txt").read_text().count("slow"))


def killed(settings: ClusterSettings, folder: Path) -> None:
    """The keeper dies while a clip is rendered: its worker goes on, and the film hears the end of it."""
    film = Film(settings, folder, "Three", [real_clip("another boat that is slow"), real_clip("and one more")])
    film.start()
    until(lambda: film.has(Progress))
    with control(settings) as pool:
        before = {worker.name: worker.node for worker in pool.status().workers}
        keeper = ray.get_actor(f"{settings.pool}/keeper", namespace=NAMESPACE)
        keepers = [ray.get(keeper.pid.remote())]
        os.kill(keepers[0], signal.SIGKILL)
    film.join()
    with control(settings) as pool:
        after = {worker.name: worker.node for worker in pool.status().workers}
    starts = [event.attempt for event in film.heard if isinstance(event, Started)]
    rendered = (folder / "rendered.txt").read_text()
    print("killed", len(film.finished), set(starts), rendered.count("another boat"), before.keys() <= after.keys())


def steered(settings: ClusterSettings, folder: Path) -> None:
    """What people change by hand."""
    with control(settings) as pool:
        pool.hold("", True)
    film = Film(settings, folder, "Four", [real_clip("four")])
    film.start()
    with control(settings) as pool:
        until(lambda: pool.status().films and pool.status().films[0].left)
        pool.move(pool.film("Four").film, 7)
        status, queue = pool.status(), pool.queue()
        print("paused", status.paused, [each.priority for each in status.films], [clip.state for clip in queue])
        pool.cancel(pool.film("Four").film)
        film.join()
        print("called off", type(film.error).__name__, pool.status().films)
        pool.hold("", False)
        print("resumed", pool.status().paused)
    other = Film(replace(settings, cpus_per_worker=2.0), folder, "Five", [real_clip("five")])
    other.start()
    other.join()
    print("other", str(other.error).splitlines()[0])
    known = Checkpoint.open(FAMILIES["tiny"], "t2v-a14b").revision
    for checkpoint in ("0" * 64, known):
        made = changed(real_clip(f"with {checkpoint}"), checkpoint=checkpoint)
        planned = Film(settings, folder, "Six", [made])
        planned.start()
        planned.join()
        print("checkpoint", planned.finished, str(planned.error).splitlines()[:2])


def main() -> None:
    folder = Path(sys.argv[1])
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    keep_quiet()
    ray.init(address=cluster.address, log_to_driver=False)
    settings = replace(compose(["cluster=ray"]).settings.cluster, address=cluster.address, gpus_per_worker=0.0)
    twice(settings, folder)
    killed(settings, folder)
    steered(settings, folder)
    print("pools", all_pools(settings))
    with control(settings) as pool:
        pool.down()
    until(lambda: not all_pools(settings))
    try:
        with control(settings):
            pass
    except NoPool as error:
        print("down", str(error).splitlines()[0], ray.util.list_named_actors(all_namespaces=True))
    ray.shutdown()
    cluster.shutdown()


if __name__ == "__main__":
    main()
