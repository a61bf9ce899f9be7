"""Films of a cluster's pool whose worker is a gang of two processes, which get lost. Prints a line a fact.

python gang_pool.py FOLDER
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray
from ray.cluster_utils import Cluster

from flows.cluster import Pool, RendererSpec, open_pool
from flows.cluster.control import running_pool
from flows.cluster.quiet import keep_quiet
from flows.cluster.session import NAMESPACE
from flows.cluster.wan_clips import WanRenderer
from flows.config import compose
from flows.events import Event, Failed, Finished, Log, Progress, Started
from flows.planning.model import Clip
from flows.settings import ClusterSettings
from flows.store import open_store
from tests.flows.cluster.test_wan_clips import Report, wan_clip
from tests.flows.cluster.troubled_gang import KIND
from tests.flows.made import changed
from tests.wan.conftest import make_family

PATIENCE = 120.0


class Trial:
    """`folder` has the family, and the stores of the pool and of a process by itself."""

    def __init__(self, folder: Path, settings: ClusterSettings) -> None:
        self.folder, self.settings = folder, settings
        self.family = make_family(folder / "family")
        self._options = {"family": "tiny", "root": str(self.family.root), "device": "cpu"}
        self.store, self._other = open_store(str(folder / "store")), open_store(str(folder / "other"))
        self._alone = WanRenderer(threads=1, **self._options)  # type: ignore[arg-type]

    def pool(self, **other: Any) -> Pool:
        options = {**self._options, "folder": str(self.folder), "checkpoint_seconds": 0.001}
        return open_pool(replace(self.settings, **other), RendererSpec(KIND, options), self.store.address)

    def clip(self, prompt: str) -> Clip:
        made = wan_clip(self.family, prompt)
        return changed(made, sampling=replace(made.spec.sampling, num_inference_steps=4))

    def film(self, prompt: str, on_step: Callable[[], None] = lambda: None, **other: Any) -> list[Event]:
        """All events of one clip; `on_step` is called after its second step."""
        clip, heard = self.clip(prompt), []
        with self.pool(**other) as pool:
            pool.submit([clip])
            for event in pool.events():
                heard.append(event)
                if isinstance(event, Progress) and (event.stage, event.step) == ("denoise", 2):
                    on_step()
        return heard

    def same(self, prompt: str) -> bool:
        """Whether the clip has the bits of one process."""
        clip = self.clip(prompt)
        made, alone = self.store.record(clip.fingerprint), self._alone.render(clip, self._other, Report())
        return made is not None and (made.video, made.latents) == (alone.video, alone.latents)

    def members(self) -> list[int]:
        """The processes that rendered with a leader, in order."""
        return [int(line) for line in (self.folder / "members.txt").read_text().split()]


def told(events: list[Event]) -> tuple[list[int], list[str], bool]:
    """Attempts, why one came to nothing, and whether one went on from a checkpoint."""
    starts = [event.attempt for event in events if isinstance(event, Started)]
    lost = [event.message for event in events if isinstance(event, Failed) and event.lost]
    went_on = any(isinstance(event, Log) and "goes on after step" in event.message for event in events)
    return starts, lost, went_on


def until(what: Callable[[], Any]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def lives(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(name: str) -> None:
    actor = ray.get_actor(name, namespace=NAMESPACE)
    os.kill(ray.get(actor.pid.remote()), signal.SIGKILL)


def once(what: Callable[[], None]) -> Callable[[], None]:
    done = threading.Event()

    def do() -> None:
        if not done.is_set():
            done.set()
            what()

    return do


def main() -> None:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    keep_quiet()
    ray.init(address=cluster.address, log_to_driver=False)
    asked = ["cluster=ray", "cluster.gpus_per_worker=0", "cluster.gang=2"]
    trial = Trial(Path(sys.argv[1]), replace(compose(asked).settings.cluster, address=cluster.address))
    settings = trial.settings

    events = trial.film("a red boat")
    record = next(event.record for event in events if isinstance(event, Finished))
    print("together", told(events)[0], record.members, trial.same("a red boat"))

    events = trial.film("a boat with a member killed")
    print("member killed", *told(events), trial.same("a boat with a member killed"), len(set(trial.members())))

    events = trial.film("a slow boat", once(lambda: kill(f"{settings.pool}/keeper")))
    with running_pool(settings) as pool:
        workers = [(worker.name, worker.members) for worker in pool.status().workers]
    print("keeper killed", set(told(events)[0]), workers, trial.same("a slow boat"), len(set(trial.members())))

    events = trial.film("another slow boat", once(lambda: kill_leader(settings)))
    *_, before, after = dict.fromkeys(trial.members())
    print("leader killed", *told(events), trial.same("another slow boat"), until(lambda: not lives(before)))

    with running_pool(settings) as pool:
        pool.down()
    print("down", until(lambda: not lives(after)), until(lambda: not named()))
    ray.shutdown()
    cluster.shutdown()


def kill_leader(settings: ClusterSettings) -> None:
    with running_pool(settings) as pool:
        (worker,) = pool.status().workers
    actor = ray.get_actor(f"{settings.pool}/{worker.name}", namespace=NAMESPACE)
    os.kill(ray.get(actor.facts.remote()).pid, signal.SIGKILL)


def named() -> list[Any]:
    return list(ray.util.list_named_actors(all_namespaces=True))


if __name__ == "__main__":
    main()
