"""What a bucket costs beside a folder: a film of many takes that are all in the store.

    python -m benchmarks.store_s3 [--takes 200] [--server moto|localbucket] [--latency 0.02]

The takes are drawn by the stub renderer and published to each store; then the film is made of them, with Prefect and
all, from a folder, from a bucket on a machine that has its blobs, and on one that has none. Seconds of each, of looking
the takes up alone, and of publishing one; and how many requests a take they are. The server is a process on this
machine; `--latency` puts so many seconds before each answer, as a way to a data centre does.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.hashed import _Report
from benchmarks.overhead import _start_server_once, storyboard


def main() -> None:
    from tests.flows.buckets import CREDENTIALS, serving

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--takes", type=int, default=200)
    parser.add_argument("--server", default="localbucket")
    parser.add_argument("--latency", type=float, default=0.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wanflow-s3-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        os.environ.update({"XDG_DATA_HOME": name, "XDG_CACHE_HOME": str(folder / "cache"), **CREDENTIALS})
        os.environ.pop("PREFECT_API_URL", None)
        _start_server_once()
        with serving(given.server, folder / "server" / "data") as server, front(server.url, given.latency) as asked:
            print(json.dumps(measure(folder, given.takes, asked), indent=1))


@contextmanager
def front(url: str, latency: float) -> Iterator[Any]:
    """Counts what is asked, and lets each answer wait."""
    from tests.flows.store.front import before

    with before(url) as asked:
        asked.fault = lambda one: time.sleep(latency)
        yield asked


def measure(folder: Path, takes: int, asked: Any) -> dict[str, object]:
    from flows.addresses import BucketAddress
    from tests.flows.buckets import BUCKET

    bucket = str(BucketAddress(bucket=BUCKET, prefix="films", endpoint=asked.url))
    found: dict[str, object] = {"takes": takes}
    for name, address in (("folder", str(folder / "store")), ("bucket", bucket)):
        place = folder / name
        place.mkdir()
        (place / "film.yaml").write_text(storyboard(takes))
        found[f"{name}: publishing a take"] = published(place, address) / takes
        time.sleep(2.1)  # a file that has just changed is not remembered yet
        if name == "bucket":
            forget(folder)
            found[f"{name}: looking them up, nothing here"] = timed(asked, takes, looked_up, place, address)
            found[f"{name}: a film, nothing here"] = timed(asked, takes, film, place, address)
        found[f"{name}: looking them up"] = timed(asked, takes, looked_up, place, address)
        found[f"{name}: a film"] = timed(asked, takes, film, place, address)
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in found.items()}


def timed(asked: Any, takes: int, act: Callable[[Path, str], None], place: Path, address: str) -> dict[str, float]:
    before, begin = len(asked.log), time.monotonic()
    act(place, address)
    return {
        "seconds": round(time.monotonic() - begin, 2),
        "requests a take": round((len(asked.log) - before) / takes, 2),
    }


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
