"""What a bucket costs beside a folder: a film of many takes that are all in the store.

    python -m benchmarks.store_s3 [--takes 200] [--server moto|localbucket]

The takes are drawn by the stub renderer and published to each store; then the film is made of them, with Prefect and
all, from a folder, from a bucket on a machine that has its blobs, and on one that has none. Seconds of each, of looking
the takes up alone, and of publishing one; and how many requests a take looking up is. The server is a process on this
machine, so its work is in the seconds, and no way to a data centre is.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.hashed import _Report
from benchmarks.overhead import _start_server_once, storyboard


def main() -> None:
    from tests.flows.buckets import CREDENTIALS, serving
    from tests.flows.store.front import before

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--takes", type=int, default=200)
    parser.add_argument("--server", default="localbucket")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wanflow-s3-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        os.environ.update({"XDG_DATA_HOME": name, "XDG_CACHE_HOME": str(folder / "cache"), **CREDENTIALS})
        os.environ.pop("PREFECT_API_URL", None)
        _start_server_once()
        with serving(given.server, folder / "server" / "data") as server, before(server.url) as asked:
            print(json.dumps(measure(folder, given.takes, server.url, asked), indent=1))


def measure(folder: Path, takes: int, server: str, asked: Any) -> dict[str, object]:
    from flows.addresses import BucketAddress
    from tests.flows.buckets import BUCKET

    def bucket(endpoint: str) -> str:
        return str(BucketAddress(bucket=BUCKET, prefix="films", endpoint=endpoint))

    found: dict[str, object] = {"takes": takes}
    for name, address in (("folder", str(folder / "store")), ("bucket", bucket(server))):
        place = folder / name
        place.mkdir()
        (place / "film.yaml").write_text(storyboard(takes))
        found[f"{name}: publishing a take"] = round(published(place, address) / takes, 3)
        time.sleep(2.1)  # a file that has just changed is not remembered yet
        found[f"{name}: looking them up"] = timed(looked_up, place, address)
        found[f"{name}: a film"] = timed(film, place, address)
        if name == "bucket":
            forget(folder)
            found[f"{name}: a film, nothing here"] = timed(film, place, address)
            for what in ("requests a take, nothing here", "requests a take"):
                asked.log.clear()
                looked_up(place, bucket(asked.url))
                found[f"{name}: {what}"] = round(len(asked.log) / takes, 2)
    return found


def timed(act: Callable[[Path, str], None], place: Path, address: str) -> dict[str, float]:
    """On the clock, and of a processor in this process."""
    begin, worked = time.monotonic(), time.process_time()
    act(place, address)
    return {"seconds": round(time.monotonic() - begin, 2), "of a processor": round(time.process_time() - worked, 2)}


def forget(folder: Path) -> None:
    """As on another machine."""
    shutil.rmtree(folder / "cache" / "wanflow" / "store", ignore_errors=True)


def published(place: Path, address: str) -> float:
    """Seconds of all of them."""
    from flows.cluster.stub import StubRenderer
    from flows.store import open_store
    from tests.flows.film.filming import plan_in

    store, renderer = open_store(address), StubRenderer(threads=1)
    plan = plan_in(place, store=address)
    begin = time.monotonic()
    for clip in plan.clips:
        store.publish(renderer.render(clip, store, _Report()))
    return time.monotonic() - begin


def looked_up(place: Path, address: str) -> None:
    from flows.film.survey import survey
    from flows.store import open_store
    from tests.flows.film.filming import plan_in

    found = survey(open_store(address), plan_in(place, store=address).clips)
    assert not found.missing


def film(place: Path, address: str) -> None:
    from flows.cluster import RendererSpec
    from flows.runs import run_film
    from tests.flows.film.filming import plan_in

    made = run_film(plan_in(place, store=address), renderer=RendererSpec("stub", {"seconds": 0.0}))
    assert made.rendered == 0


if __name__ == "__main__":
    main()
