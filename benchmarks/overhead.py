"""What everything around the rendering costs: a film of many takes with a renderer that takes no time.

    python -m benchmarks.overhead [--takes 200] [--workers 0] [--pool]

Prints seconds until the first clip is begun, seconds a take (scheduling, events, encoding and storing the stub's
frames, Prefect), and the seconds of a second run that finds everything in the store; with `--workers 1` a take's
seconds are all that a clip costs: `beside_rendering` leaves out what the renderer itself says it took, which is the
stub's drawing. `--pool`: the pool alone, without Prefect. Uses a folder of its
own, with a database of its own for Prefect; `--migrated` leaves its creation (once per user) out of the first figure.
The machine's load (mean of a minute) is printed with it, and the processor seconds of all processes a take, which
other work on the machine changes little.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from operator import sub
from pathlib import Path


def storyboard(takes: int) -> str:
    shots = "".join(f"      - {{id: shot{i}, prompt: a red boat rises {i}}}\n" for i in range(takes))
    head = "storyboard: 1\ntitle: Overhead\nshot_defaults: {duration: 0.1s}\nscenes:\n  - id: river\n    shots:\n"
    return head + shots


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--takes", type=int, default=200)
    parser.add_argument("--workers", type=int, default=0, help="at most so many; 0: as many as fit")
    parser.add_argument("--pool", action="store_true", help="without Prefect")
    parser.add_argument("--migrated", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wanflow-overhead-", ignore_cleanup_errors=True) as name:
        os.environ["XDG_DATA_HOME"] = name
        os.environ.pop("PREFECT_API_URL", None)
        if given.migrated:
            _start_server_once()
        load = round(os.getloadavg()[0], 1)
        measured = measure(Path(name), given.takes, given.workers, observed=not given.pool)
        print(json.dumps({"load": load, **measured}, indent=1))


def _start_server_once() -> None:
    from flows.runs.server import connect

    server = connect()
    server.wait()
    server.close()
    while server.alive:
        time.sleep(0.2)


def measure(folder: Path, takes: int, workers: int, observed: bool) -> dict[str, float]:
    from flows.cluster import RendererSpec
    from flows.events import Event, Finished, Started
    from flows.film import make_film
    from flows.runs import run_film
    from tests.flows.film.filming import plan_in

    (folder / "film.yaml").write_text(storyboard(takes))
    moments: dict[str, list[float]] = {"Started": [], "Finished": []}
    rendering: list[float] = []
    spent: list[float] = []

    def note(event: Event) -> None:
        if isinstance(event, Started | Finished):
            moments[type(event).__name__].append(time.monotonic())
        if isinstance(event, Finished):
            rendering.append(event.record.seconds["denoise"])
            if len(moments["Finished"]) in (1, takes):
                spent.append(processor_seconds())

    make, stub = run_film if observed else make_film, RendererSpec("stub", {"seconds": 0.0})
    begin = time.monotonic()
    made = make(plan_in(folder, max_workers=workers), on_event=note, renderer=stub)
    end = time.monotonic()
    again = make(plan_in(folder, max_workers=workers), renderer=stub)
    assert (made.rendered, again.rendered) == (takes, 0)
    first, last = moments["Started"][0], moments["Finished"][-1]
    whole = list(map(sub, *_pairs(moments["Finished"])))
    return {
        "takes": takes,
        "start_seconds": round(first - begin, 2),
        "seconds_a_take": round((last - first) / takes, 3),
        "processor_seconds_a_take": round((spent[-1] - spent[0]) / (takes - 1), 3),
        "median_seconds_a_take": round(statistics.median(whole), 3),
        "beside_rendering": round(statistics.median(map(sub, whole, rendering[1:])), 3),
        "after_the_last_take_seconds": round(end - last, 2),
        "all_seconds": round(end - begin, 2),
        "cached_run_seconds": round(again.seconds, 2),
    }


def processor_seconds() -> float:
    """Of this process and all that come from it and are still there: Ray's and Prefect's too. Linux."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        parents[int(stat.parent.name)] = int(fields[1])
        ticks[int(stat.parent.name)] = int(fields[11]) + int(fields[12])
    ours = {os.getpid()}
    while grown := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= grown
    return sum(ticks.get(pid, 0) for pid in ours) / os.sysconf("SC_CLK_TCK")


def _pairs(moments: list[float]) -> tuple[list[float], list[float]]:
    """Each end, and the one before it."""
    return moments[1:], moments[:-1]


if __name__ == "__main__":
    main()
