"""Films of a stub renderer, planned against a real store: used by the tests of this folder, in processes of their own.

python filming.py FOLDER [--store ADDRESS] [--seconds S] [--only SHOT] [--renderer module:Class]
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from flows.cluster import RendererSpec
from flows.config import compose
from flows.errors import FlowsError
from flows.events import Event
from flows.film import FilmResult, make_film
from flows.planning import Clip, Plan, make_plan
from flows.resolve import Snapshot
from flows.runs import run_film
from flows.store import open_store
from flows.storyboard import load_storyboard

CHECKPOINTS = {"t2v-a14b": "1" * 64, "i2v-a14b": "2" * 64}

STORYBOARD = """
storyboard: 1
title: The paper boat
continuity: {on_fail: ignore}  # what a stub draws goes on from nothing
shot_defaults: {duration: 0.5s}
scenes:
  - id: river
    shots:
      - {id: launch, prompt: a boat moves}
      - {id: drift, prompt: a boat comes closer, continuity: {from: previous}}
      - {id: night, prompt: a boat at night}
"""


def plan_in(folder: Path, overrides: Sequence[str] = (), *, store: str | None = None, **cluster: Any) -> Plan:
    """The plan of `folder`/film.yaml (written if there is none), with outputs, and the store unless named, in there."""
    store = store or str(folder / "store")
    path = folder / "film.yaml"
    if not path.exists():
        path.write_text(STORYBOARD)
    settings = compose([]).settings
    settings = dataclasses.replace(
        settings,
        store=dataclasses.replace(settings.store, address=store),
        film=dataclasses.replace(settings.film, outputs=folder / "outputs", preset="ultrafast"),
        cluster=dataclasses.replace(settings.cluster, **cluster),
    )
    storyboard = load_storyboard(path, overrides=overrides)
    finished = open_store(store).finished
    snapshot = Snapshot(storyboard_digest="0" * 64, checkpoints=CHECKPOINTS, finished=finished)
    return make_plan(storyboard, settings, snapshot)


def film_in(
    folder: Path,
    renderer: RendererSpec,
    *,
    only: Sequence[str] = (),
    store: str | None = None,
    watched: bool = False,
    **cluster: Any,
) -> FilmResult:
    """Make it, and note every event in `folder`/events.jsonl as it comes. `watched`: Prefect shows the run."""
    with (folder / "events.jsonl").open("a") as log:

        def note(event: Event) -> None:
            values = {"kind": type(event).__name__, "fingerprint": event.fingerprint}
            values |= {
                name: getattr(event, name) for name in ("step", "cached", "final", "message") if hasattr(event, name)
            }
            log.write(json.dumps(values) + "\n")
            log.flush()

        make = run_film if watched else make_film
        return make(plan_in(folder, store=store, **cluster), on_event=note, only=only, renderer=renderer)


def with_clips(plan: Plan, changed: Callable[[Clip], Clip]) -> Plan:
    """The same with other clips."""
    shots = tuple(
        dataclasses.replace(
            shot, takes=tuple(dataclasses.replace(take, clips=tuple(map(changed, take.clips))) for take in shot.takes)
        )
        for shot in plan.shots
    )
    return dataclasses.replace(plan, shots=shots)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--store")
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--renderer", default="stub")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--cluster", type=json.loads, default={})
    given = parser.parse_args()
    options: dict[str, Any] = {"seconds": given.seconds} if given.renderer == "stub" else {"folder": str(given.folder)}
    try:
        result = film_in(
            given.folder,
            RendererSpec(given.renderer, options),
            only=given.only,
            store=given.store,
            watched=True,
            **given.cluster,
        )
    except FlowsError as error:
        print(f"{type(error).__name__}: {error}")
        return error.exit_code
    print(json.dumps(dataclasses.asdict(result), default=str))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
