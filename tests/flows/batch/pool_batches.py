"""Two batches on the pool of a Ray cluster, in a process of its own: python pool_batches.py FOLDER."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

from flows.batch.make import BatchResult, make_batch
from flows.batch.plan import plan_batch
from flows.cluster import RendererSpec
from flows.cluster.control import running_pool
from flows.cluster.quiet import keep_quiet
from tests.flows.batch.batches import asked, table
from tests.flows.cluster.troubled import KIND


def made(folder: Path, address: str, called: str, products: list[str], results: dict[str, BatchResult]) -> None:
    """Both have the opening; it is rendered once, by the pool that they share."""
    own = folder / called
    own.mkdir()
    cluster = ["cluster=ray", f"cluster.address={address}", "cluster.gpus_per_worker=0", "cluster.attempts=1"]
    rows = table(["product"], *([each] for each in products))
    wanted = asked(own, rows, called=called, overrides=[*cluster, f"store.address={folder / 'store'}"])
    results[called] = make_batch(plan_batch(wanted), renderer=RendererSpec(KIND, {"folder": str(folder)}))


def main() -> None:
    folder = Path(sys.argv[1])
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    keep_quiet()
    ray.init(address=cluster.address, log_to_driver=False)
    results: dict[str, BatchResult] = {}
    batches = [
        threading.Thread(target=made, args=(folder, cluster.address, called, products, results))
        for called, products in (("boats", ["boat", "kite is refused"]), ("stars", ["star", "boat"]))
    ]
    for batch in batches:
        batch.start()
    for batch in batches:
        batch.join()
    for called in ("boats", "stars"):
        print(called, [(entry.name, entry.state) for entry in results[called].entries])
    print("rendered", sorted((folder / "rendered.txt").read_text().splitlines()))
    plan = plan_batch(
        asked(
            folder / "boats",
            table(["product"], ["boat"]),
            overrides=["cluster=ray", f"cluster.address={cluster.address}", "cluster.gpus_per_worker=0"],
        )
    )
    with running_pool(plan.settings.cluster) as pool:
        print("left", [film.left for film in pool.status().films])
        pool.down()
    ray.shutdown()
    cluster.shutdown()


if __name__ == "__main__":
    main()
