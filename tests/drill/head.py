"""A small cluster: prints its address, and does what it is told on stdin, a line each, until that is closed.

python head.py CPUS
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import ray
from ray import PlacementGroupID
from ray._private.state import actors
from ray.cluster_utils import Cluster
from ray.util.placement_group import PlacementGroup, placement_group_table

NAMESPACE = "wanflow"


def living() -> dict[str, int]:
    """Processes of the actors that live, by the actors' names. They are not asked: one may hang."""
    return {each["Name"]: each["Pid"] for each in actors().values() if each["State"] == "ALIVE" and each["Name"]}


def processes(pool: str) -> dict[str, int]:
    """Of a pool, by the names of its keeper and its workers."""
    return {name.partition("/")[2]: pid for name, pid in living().items() if name.startswith(f"{pool}/")}


def down(pool: str) -> int:
    """End a pool at once, the keeper first: it would start new workers. Returns how many actors it had."""
    names = sorted(name for name in living() if name.startswith(f"{pool}/"))
    for name in names:
        with suppress(ValueError):
            ray.kill(ray.get_actor(name, namespace=NAMESPACE), no_restart=True)
    for number, group in placement_group_table().items():
        if group["name"].startswith(f"{pool}/") and group["state"] != "REMOVED":
            ray.util.remove_placement_group(PlacementGroup(PlacementGroupID(bytes.fromhex(number))))
    return len(names)


ORDERS: Mapping[str, Callable[[str], Any]] = {"processes": processes, "down": down}


def main() -> None:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": int(sys.argv[1]), "include_dashboard": False})
    ray.init(address=cluster.address, namespace=NAMESPACE, log_to_driver=False, logging_level="ERROR")
    print(cluster.address, flush=True)
    for line in sys.stdin:
        order, _, pool = line.strip().partition(" ")
        print(json.dumps(ORDERS[order](pool)), flush=True)


if __name__ == "__main__":
    main()
