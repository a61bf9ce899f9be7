"""What a shared pool saves a film: from the command to the first denoised step, on a cold pool and on a warm one.

    python -m benchmarks.warm_pool [--films 5]

A cluster on this machine, and films of one shot, of the tiny family, one after the other, by the real command. Each
has another prompt, so that nothing is in the store. Prints the seconds from the end of the plan until the cluster is
joined, a worker has begun on the clip, and its first step is denoised: the first film's, and the median of the others.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.drill.rehearsal import Stage, stage

STORYBOARD = """
storyboard: 1
title: Film {number}
shot_defaults: {{duration: 0.5s, sampling: {{num_inference_steps: 4}}}}
scenes:
  - shots:
      - {{prompt: "a white boat moves left to right, {number}"}}
"""
MARKS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "planned": lambda event: event.get("stage") == "ray" and event["step"] == 0,
    "joined": lambda event: event.get("stage") == "ray" and event["step"] == 1,
    "begun": lambda event: event.get("event") == "started",
    "denoised": lambda event: event.get("stage") == "denoise",
}


def film(here: Stage, number: int) -> dict[str, float]:
    """Seconds from the plan's end to each mark."""
    (here.folder / "film.yaml").write_text(STORYBOARD.format(number=number))
    making = here.begin("default", "all", "cluster.idle_timeout=600", f"film.subfolder=film{number}")
    moments = {}
    for name, mark in MARKS.items():
        assert making.until(mark), making.events
        moments[name] = time.monotonic()
    assert making.wait()["exit_code"] == 0
    return {name: moment - moments["planned"] for name, moment in moments.items() if name != "planned"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=5)
    films = parser.parse_args().films
    with tempfile.TemporaryDirectory(prefix="wanflow-warm-") as name, stage(Path(name)) as here:
        first, *others = [film(here, number) for number in range(films)]
    medians = {mark: statistics.median(one[mark] for one in others) for mark in first}
    rows = {"cold pool": first, "warm pool": medians, "ratio": {mark: medians[mark] / first[mark] for mark in first}}
    print(json.dumps({row: {mark: round(value, 2) for mark, value in found.items()} for row, found in rows.items()}))


if __name__ == "__main__":
    main()
