"""What it takes to check and plan a batch: seconds and memory of `wanflow batch --plan`.

    python -m benchmarks.batch [--films 500] [--one-by-one 20]
    python -m benchmarks.batch --films 160 --make

A film of six shots for each row of a CSV file, a picture and three prompts of its own, three shots that all films
share; the tiny family, a store in a folder that has nothing. First with no digest known, then again. Beside it, what so
many films would take one after the other in one process (`load` and `plan`), reckoned from a few.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

STORYBOARD = """storyboard: 1
title: "{{ product | title }}"
variables: {product: {example: a red boat}, picture: {example: pictures/0.png}}
shot_defaults: {duration: 1s}
scenes:
  - id: open
    setting: over water
    shots:
      - {id: sky, prompt: a yellow star moves up}
      - {id: product, prompt: "{{ product }} moves right"}
      - {id: picture, prompt: "{{ product }}", image: "{{ picture }}"}
      - {id: closer, prompt: "{{ product }} comes closer", continuity: {from: previous}}
  - id: end
    shots:
      - {id: sea, prompt: a blue circle moves left}
      - {id: last, prompt: a green square moves down, transition: dissolve}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=500)
    parser.add_argument("--one-by-one", type=int, default=20)
    parser.add_argument("--make", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wanflow-batch-") as name:
        folder = Path(name)
        for kind in ("DATA", "CACHE", "STATE"):
            os.environ[f"XDG_{kind}_HOME"] = str(folder / kind)
        write(folder, given.films)
        if given.make:
            print(json.dumps(made(folder), indent=1))
            return
        found = {"first": planned(folder), "again": planned(folder)}
        print(json.dumps({**found, "one_by_one": one_by_one(folder, given.films, given.one_by_one)}, indent=1))


def write(folder: Path, films: int) -> None:
    """Storyboard, table, pictures."""
    (folder / "spot.yaml").write_text(STORYBOARD)
    (folder / "pictures").mkdir()
    random = np.random.default_rng(0)
    with (folder / "products.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["product", "picture"])
        for number in range(films):
            noise = random.integers(0, 255, (9, 16, 3), dtype=np.uint8)
            Image.fromarray(noise).resize((512, 288)).save(folder / "pictures" / f"{number}.png")
            rows.writerow([f"a red boat {number}", f"pictures/{number}.png"])


def planned(folder: Path) -> dict[str, float]:
    """Seconds and peak memory (10⁶ bytes) of the command, and what it found."""
    command = [sys.executable, "-m", "flows.cli", "batch", "spot.yaml", "--table", "products.csv", "--plan", "--json"]
    root = str(Path(__file__).parents[1])
    began = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": root}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    with process.stdout as out:
        said = out.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    totals = json.loads(said)["totals"]
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    return {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mb": round(peak),
        **{name: totals[name] for name in ("films", "clips", "shared", "new")},
    }


def made(folder: Path) -> dict[str, float]:
    """Seconds until the first film and all are made, and of a rerun; the most that the process had meanwhile."""
    from flows.api import plan_batch
    from flows.batch.asked import Asked
    from flows.batch.events import BatchEvent, FilmNews
    from flows.batch.make import make_batch
    from flows.cluster import RendererSpec

    outputs = [f"film.outputs={folder / 'outputs'}", "film.preset=ultrafast"]
    asked = Asked(storyboard=folder / "spot.yaml", table=folder / "products.csv", overrides=outputs)
    most = {"peak_mb": 0, "threads": 0, "open_files": 0}
    first: list[float] = []
    began = time.monotonic()

    def note(event: BatchEvent) -> None:
        for name, value in _own().items():
            most[name] = max(most[name], value)
        if isinstance(event, FilmNews) and event.state == "made":
            first.append(time.monotonic() - began)

    result = make_batch(plan_batch(asked), on_event=note, renderer=RendererSpec("stub", {}))
    took = time.monotonic() - began
    again = make_batch(plan_batch(asked))
    seconds = {"first_film": first[0], "all": took, "again": again.seconds}
    return {
        "films": len(result.entries),
        "clips": result.rendered,
        **{k: round(v, 1) for k, v in seconds.items()},
        **most,
    }


def _own() -> dict[str, int]:
    """What this process has; Linux says it."""
    said = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    memory, threads = int(said["VmRSS"].split()[0]) * 1024 // 10**6, int(said["Threads"])
    return {"peak_mb": memory, "threads": threads, "open_files": len(os.listdir("/proc/self/fd"))}


def one_by_one(folder: Path, films: int, tried: int) -> float:
    """Seconds that all of them would take, each for itself."""
    from flows.api import load, plan

    began = time.monotonic()
    for number in range(tried):
        said = [
            f"storyboard.variables.product=a red boat {number}",
            f"storyboard.variables.picture=pictures/{number}.png",
        ]
        plan(load(folder / "spot.yaml", said))
    return round((time.monotonic() - began) / tried * films, 1)


if __name__ == "__main__":
    main()
