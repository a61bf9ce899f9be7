"""Small sweeps: a storyboard whose second shot has takes and is gone on from, and pool, store and outputs beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.batch.sweep import Sweep
from flows.config import combinations

STORYBOARD = """storyboard: 1
title: Small
seed: 1
variables: {shape: star}
shot_defaults: {duration: 0.5s}
scenes:
  - id: all
    shots:
      - {id: opening, prompt: a yellow star moves up, seed: 3}
      - {id: own, prompt: "a red {{ shape }}", takes: 2}
"""


def swept(folder: Path, *texts: str, storyboard: str = STORYBOARD, **values: Any) -> Sweep:
    """A sweep of `folder`/film.yaml over these overrides; store and outputs in there."""
    (folder / "film.yaml").write_text(storyboard)
    return Sweep(films=combinations([*texts, *own(folder)]), storyboard=folder / "film.yaml", **values)


def own(folder: Path) -> list[str]:
    """The overrides that keep a test to its folder."""
    places = [f"store.address={folder / 'store'}", f"film.outputs={folder / 'outputs'}"]
    return [*places, "film.preset=ultrafast", "cluster.attempts=1"]
