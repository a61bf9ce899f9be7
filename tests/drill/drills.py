"""What is done to a film that is being made, and when: one line each."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tests.drill import stores, strangers
from tests.drill import times as clocks
from tests.drill.plays import Drill, Play, by_turns, of_driver, of_keeper, of_worker, with_trouble
from tests.drill.rehearsal import STEPS, Event, Making


@dataclass(frozen=True, slots=True)
class Kind:
    """`times`: how often it is done to one film. `own_pool`: its workers have loaded nothing yet and remember nothing,
    or its store is not everybody's. `why_not`: why it cannot be played on this machine."""

    drill: Drill
    times: int = 1
    own_pool: bool = False
    why_not: str | None = None


def went_leaner(play: Play, making: Making, document: Event) -> None:
    assert making.told("out of GPU memory with placement=resident"), making.events


def asked_another(play: Play, making: Making, document: Event) -> None:
    assert [e["final"] for e in making.events if e.get("event") == "failed"] == [False], making.events


def trusted_it_no_more(play: Play, making: Making, document: Event) -> None:
    """What it failed, the other one rendered; after three clips it is out of use. It need not get so many: it is left
    without work while the other one has some that it failed."""
    failed = {e["shot"] for e in making.events if e.get("event") == "failed"}
    assert failed, making.events
    assert len(failed) < 3 or making.told(" is out of use: "), making.events


def named_the_shot(why: str) -> Any:
    """One shot is missing, and the document says which and why; all others are in the store."""

    def check(play: Play, making: Making, document: Event) -> None:
        (problem,) = document["problems"]
        assert problem["shot"] == "a.three", problem
        assert why in problem["message"], problem
        assert len(making.rendered) == 3, making.events

    return check


DENOISE: Mapping[str, Any] = {"stage": "denoise", "step": lambda chance: chance.randint(1, STEPS - 1)}
POISONED: Mapping[str, Any] = {**DENOISE, "prompt": "red star", "times": 1000}
BAD_WORKER: Mapping[str, Any] = {
    "trouble": "fail",
    "stage": "denoise",
    "step": STEPS,
    "times": 1000,
    "one_worker": True,
}
"""The last step: a clip that is gone on with tells of it, too."""
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "worker hangs": Kind(of_worker("denoise", (1, 6), 0.2, signal.SIGSTOP), times=2),
        "head of the cluster killed, or hangs": Kind(strangers.head_lost, times=2),
        "a film's own Ray killed": Kind(strangers.own_ray_killed, times=2),
        "store gone for a while": Kind(stores.bucket_gone, times=2, own_pool=True),
        "two drivers, two folders": Kind(
            by_turns(strangers.two_drivers(one_folder=False), strangers.two_drivers(one_folder=False, own_ray=True))
        ),
        "disk full": Kind(stores.disk_full, times=2, own_pool=True, why_not=stores.why_no_small_disk()),
        "a shot that kills its workers": Kind(
            with_trouble(1, named_the_shot("worker died"), {**POISONED, "trouble": "die"})
        ),
        "worker killed while it loads": Kind(of_worker("load", (0, 0), 0.1), times=2, own_pool=True),
        "a worker that fails what others render": Kind(
            with_trouble(0, trusted_it_no_more, BAD_WORKER),
            own_pool=True,
        ),
        "prefect gone for good": Kind(strangers.prefect_gone(signal.SIGKILL)),
        "prefect hangs": Kind(strangers.prefect_gone(signal.SIGSTOP)),
        "worker killed in the high-noise expert": Kind(of_worker("denoise", (1, 2), 0.1), times=3),
        "worker killed in the low-noise expert": Kind(of_worker("denoise", (4, 5), 0.1), times=3),
        "worker killed while it decodes": Kind(of_worker("denoise", (6, 6), 0.5), times=3),
        "worker killed while it writes": Kind(of_worker("write", (0, 0), 0.1), times=3),
        "worker asked to go": Kind(of_worker("denoise", (1, 5), 0.1, signal.SIGTERM), times=3),
        "keeper killed": Kind(of_keeper(), times=3),
        "driver killed": Kind(of_driver(signal.SIGKILL, None), times=2),
        "driver stopped": Kind(of_driver(signal.SIGTERM, 130), times=2),
        "two drivers, one folder": Kind(strangers.two_drivers(one_folder=True)),
        "clip truncated in the store": Kind(by_turns(stores.truncated, stores.hand_off_truncated)),
        "a clock leaps": Kind(clocks.leaps, times=3),
        "out of GPU memory": Kind(with_trouble(0, went_leaner, {**DENOISE, "trouble": "need room"}), own_pool=True),
        "no numbers": Kind(
            by_turns(
                with_trouble(0, asked_another, {**DENOISE, "trouble": "give no numbers"}),
                with_trouble(1, named_the_shot("no numbers"), {**POISONED, "trouble": "give no numbers"}),
            )
        ),
    }
)
"""Those that take longest first: so no process plays alone at the end."""


def plays(names: Iterable[str], count: int, first: int) -> Iterator[tuple[str, int, int]]:
    """Kind, seed and how often it is done to that film: `count` times in all, for each kind."""
    for name in names:
        left = count
        for seed in itertools.count(first):
            if left <= 0:
                break
            times = min(left, KINDS[name].times)
            left -= times
            yield name, seed, times


def only(names: str) -> list[str]:
    """Kinds whose names have one of these in them (`a,b`); all, if there are none."""
    asked = [name for name in names.split(",") if name]
    return [name for name in KINDS if not asked or any(each in name for each in asked)]
