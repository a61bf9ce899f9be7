"""A cluster of two machines, of which the second has other weights; then of one that others hold. Prints what happens.

python two_machines.py CHECKPOINTS OTHER_CHECKPOINTS FOLDER
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

from flows.cluster import RendererSpec, open_pool
from flows.cluster.control import running_pool
from flows.config import compose
from flows.events import Event, Failed, Finished, Log
from flows.planning.model import Clip
from flows.settings import ClusterSettings
from tests.flows.cluster.clips import real_clip
from tests.flows.cluster.elsewhere import KIND, ROOT
from tests.flows.made import changed
from wan.families import FAMILIES
from wan.weights.checkpoint import Checkpoint


def clips(root: Path, count: int) -> list[Clip]:
    checkpoint = Checkpoint.open(FAMILIES["tiny"], "t2v-a14b", root).revision
    made = []
    for number in range(count):
        clip = real_clip(f"a boat {number}")
        sampling = replace(clip.spec.sampling, num_inference_steps=2, boundary_ratio=0.875)
        made.append(changed(clip, checkpoint=checkpoint, width=48, height=32, sampling=sampling))
    return made


def said(events: Sequence[Event]) -> None:
    print("finished", sum(isinstance(event, Finished) for event in events))
    print("lost", sum(isinstance(event, Failed) and event.final for event in events))
    for event in events:
        if isinstance(event, Log) and not event.fingerprint:
            print(event.message)


def other_weights(settings: ClusterSettings, root: Path, store: Path) -> None:
    with open_pool(replace(settings, max_workers=2), RendererSpec(KIND), str(store)) as pool:
        pool.submit(clips(root, 6))
        said(list(pool.events()))


def busy(settings: ClusterSettings, store: Path) -> None:
    """Both machines are held for a while, longer than a worker may take to start."""
    holder = ray.util.placement_group([{"CPU": 1}, {"CPU": 1}])
    assert holder.wait(timeout_seconds=30)
    threading.Timer(14.0, ray.util.remove_placement_group, [holder]).start()
    with open_pool(replace(settings, max_workers=1, start_timeout=8.0), RendererSpec("stub"), str(store)) as pool:
        pool.submit([real_clip("a boat")])
        said(list(pool.events()))


def main() -> None:
    root, other, folder = map(Path, sys.argv[1:])
    head = {"num_cpus": 1, "include_dashboard": False, "env_vars": {ROOT: str(root)}}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    cluster.add_node(num_cpus=1, env_vars={ROOT: str(other)})
    ray.init(address=cluster.address, log_to_driver=False)
    settings = replace(compose(["cluster=ray"]).settings.cluster, address=cluster.address, gpus_per_worker=0.0)
    other_weights(settings, root, folder / "store")
    with running_pool(settings) as pool:  # it would stay for the next film, and hold both machines
        pool.down()
    busy(settings, folder / "other-store")
    ray.shutdown()
    cluster.shutdown()


if __name__ == "__main__":
    main()
