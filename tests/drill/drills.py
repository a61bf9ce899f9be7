"""What is done to a film that is being made, and when: one line each."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from tests.drill.rehearsal import Making, Stage

Event: TypeAlias = dict[str, Any]
WORKER, KEEPER = "WorkerProcess", "Keeper"


@dataclass(frozen=True, slots=True)
class Drill:
    """`when` an event like that has come, and a moment has passed, `done` is what happens. `again`: the command is
    given once more, since the driver was ended. `most` is how long the moment is, in seconds."""

    when: Callable[[Event], bool]
    done: Callable[[Stage, Making], object]
    again: bool = False
    most: float = 0.3


def progress(stage: str, first: int = 0, last: int = 1000) -> Callable[[Event], bool]:
    """A step of a clip's stage."""
    return lambda event: event.get("stage") == stage and event.get("shot") and first <= event["step"] <= last


def kill(name: str, how: signal.Signals = signal.SIGKILL) -> Callable[[Stage, Making], object]:
    return lambda stage, making: stage.kill(name, how)


def end_driver(how: signal.Signals) -> Callable[[Stage, Making], object]:
    return lambda stage, making: making.process.send_signal(how)


DRILLS: Mapping[str, Drill] = MappingProxyType(
    {
        "worker killed while it loads": Drill(progress("load", 0, 0), kill(WORKER)),
        "worker killed in the high-noise expert": Drill(progress("denoise", 1, 2), kill(WORKER)),
        "worker killed in the low-noise expert": Drill(progress("denoise", 4, 5), kill(WORKER)),
        "worker killed while it decodes or writes": Drill(progress("denoise", 6), kill(WORKER)),
        "worker asked to go": Drill(progress("denoise", 2, 4), kill(WORKER, signal.SIGTERM)),
        "keeper killed": Drill(progress("denoise", 1, 5), kill(KEEPER)),
        "keeper killed before a clip is begun": Drill(lambda event: event.get("stage") == "workers", kill(KEEPER)),
        "driver killed": Drill(progress("denoise", 2), end_driver(signal.SIGKILL), again=True),
        "driver stopped": Drill(progress("denoise", 2), end_driver(signal.SIGTERM), again=True),
    }
)


def play(stage: Stage, name: str, number: int, seed: int) -> tuple[str, list[str]]:
    """One drill: digest of the film's frames, and the clips that were rendered."""
    drill, chance = DRILLS[name], random.Random(f"{name} {seed}")
    place = f"d{number}"
    making = stage.begin(place)
    if making.until(drill.when):
        time.sleep(chance.uniform(0.0, drill.most))
        drill.done(stage, making)
    document = making.wait()
    rendered = making.rendered
    if drill.again:
        again = stage.begin(place)
        document = again.wait()
        rendered = rendered + again.rendered
    assert document["exit_code"] == 0, document
    return stage.frames(document), rendered
