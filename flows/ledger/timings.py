"""How long clips take: learnt from the ledger's rows, kept as one small note, so that planning reads no Parquet."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, Literal, TypeAlias, TypeVar, get_args

from flows.clips import ClipSpec
from flows.ledger.rows import LedgerRow
from flows.store import Store
from flows.store.layout import TIMINGS

MEMORY = 10
"""A timing is a running mean over about this many clips: a new driver or machine shows after a few."""

_GANG = "+gang="

Basis: TypeAlias = Literal["measured", "scaled", "rough"]
BASES: tuple[Basis, ...] = get_args(Basis)
"""From firm to weak."""
Extent: TypeAlias = tuple[int, int, int]
"""Width, height and number of frames of a clip."""

EIGHTY = 1.2816
"""Standard deviations around the mean that four of five values of a normal distribution lie within."""
USUAL_SPREAD, USUAL_COUNT = 0.15, 2
"""What clips of one kind are taken to differ by (a standard deviation of logarithms) until they show it, and how many
clips that assumption counts for."""
SCALED, ROUGH, ELSEWHERE = 1.5, 3.0, 2.0
"""How many times shorter or longer a clip may be than an estimate scaled from another size; than a guess; and than one
that was timed on other GPUs alone."""
TOGETHER = 1.05
"""What a pass of a gang takes, times the share of one process in it: two H200s were seen at 1.01, four at 1.05
(docs/parallel.md). Only where a gang of that size was never timed."""
LEAST_LOAD = 0.2
"""Seconds: a load that takes less found its model in place."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds of one worker with the model loaded. `basis`: this very kind of clip was timed, another one, or none.
    Four of five clips should take between `low` and `high`."""

    seconds: float
    basis: Basis
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True, slots=True)
class Timing:
    """`fixed` seconds a clip (encoding, decoding, writing), `per_forward` seconds a pass, over `count` clips. `spread`:
    the standard deviation of the logarithm of what they took over what was expected."""

    fixed: float
    per_forward: float
    count: int
    spread: float = 0.0

    @property
    def factor(self) -> float:
        """How many times shorter or longer four of five clips are at most."""
        known = min(self.count, MEMORY) - 1
        variance = (known * self.spread**2 + USUAL_COUNT * USUAL_SPREAD**2) / (known + USUAL_COUNT)
        return math.exp(EIGHTY * math.sqrt(variance * (1 + 1 / self.count)))


Known = TypeVar("Known")
Kinds: TypeAlias = Mapping[str, Mapping[Extent, Timing]]
"""By the GPU's name ("": none), and then by extent."""


@dataclass(frozen=True, slots=True)
class Timings:
    """What is known; keys are `<variant>/<checkpoint>/<device>/<numerics>`, with the number of processes that render
    together where they are several, then the GPU's name, and then the extent.
    `loads`: seconds that loading took, by the same keys; whatever a worker does before it, importing its libraries, is
    part of it."""

    table: Mapping[str, Kinds] = field(default_factory=dict)
    loads: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def estimate(
        self,
        spec: ClipSpec,
        kernel: str,
        device: str,
        rough: Callable[[Extent], float],
        gpu: str | None = None,
        members: int = 1,
    ) -> Estimate:
        """How long a clip would take on a device of this kind (`render.device`), its attention computed by `kernel`, on
        a `gpu` of that name (None: any that was timed). `rough` is what a clip like it is guessed to take, by its
        extent: the ratio of two guesses scales what was timed of another extent. `members` processes render it
        together; what other numbers took is scaled (`gang_share`)."""
        kinds, timed = _of_gang(self.table, spec, kernel, device, members)
        if not kinds:
            guess = rough(spec.extent)
            return Estimate(guess, "rough", guess / ROUGH, guess * ROUGH)
        here = gpu in kinds
        asked = [kinds[gpu]] if gpu is not None and here else kinds.values()
        quicker = gang_share(members) / gang_share(timed)
        found = [_estimate(known, spec, rough, quicker) for known in asked]
        wider = 1.0 if here or gpu is None else ELSEWHERE
        wider *= 1.0 if timed == members else SCALED
        basis = max((each.basis for each in found), key=BASES.index)
        return Estimate(
            sum(each.seconds for each in found) / len(found),
            basis if wider == 1.0 else "scaled",
            min(each.low for each in found) / wider,
            max(each.high for each in found) * wider,
        )

    def load(self, spec: ClipSpec, kernel: str, device: str, gpu: str | None = None, members: int = 1) -> float | None:
        """What loading the clip's model takes; None where it is not known."""
        kinds, _ = _of_gang(self.loads, spec, kernel, device, members)
        return kinds.get(gpu or "", max(kinds.values(), default=None))

    def gpus(self, spec: ClipSpec, kernel: str, device: str, members: int = 1) -> frozenset[str]:
        """The GPUs that clips of the same model were timed on."""
        return frozenset(_of_gang(self.table, spec, kernel, device, members)[0])


def gang_share(members: int) -> float:
    """What a pass takes in a gang of so many processes, of what it takes one."""
    return 1.0 if members == 1 else TOGETHER / members


def _of_gang(
    table: Mapping[str, Mapping[str, Known]], spec: ClipSpec, kernel: str, device: str, members: int
) -> tuple[Mapping[str, Known], int]:
    """What is known of a model in that many processes; where that is nothing, in the nearest other number of them. With
    the number."""
    if kinds := _of(table, spec, kernel, device, members):
        return kinds, members
    numbers = {int(key.partition(_GANG)[2] or 1) for key in table} - {members}
    for number in sorted(numbers, key=lambda number: abs(math.log(number / members))):
        if kinds := _of(table, spec, kernel, device, number):
            return kinds, number
    return {}, members


def _of(
    table: Mapping[str, Mapping[str, Known]], spec: ClipSpec, kernel: str, device: str, members: int
) -> Mapping[str, Known]:
    """What is known of a model. Of a clip that was planned without weights, of any checkpoint of its variant."""
    key = _model_key(spec, kernel, device, members)
    if spec.checkpoint or key in table:
        return table.get(key, {})
    variant, _, rest = key.split("/", 2)
    like = (kinds for name, kinds in table.items() if name.startswith(f"{variant}/") and name.endswith(f"/{rest}"))
    return next(like, {})


def _estimate(
    known: Mapping[Extent, Timing], spec: ClipSpec, rough: Callable[[Extent], float], quicker: float
) -> Estimate:
    """`quicker`: a pass takes so much of what was timed."""
    measured = spec.extent in known
    near = spec.extent if measured else min(known, key=lambda extent: abs(prod(extent) - prod(spec.extent)))
    seconds = known[near].fixed + known[near].per_forward * forwards(spec) * quicker
    factor = known[near].factor
    if measured:
        return Estimate(seconds, "measured", seconds / factor, seconds * factor)
    seconds *= rough(spec.extent) / rough(near)
    return Estimate(seconds, "scaled", seconds / factor / SCALED, seconds * factor * SCALED)


def read_timings(store: Store) -> Timings:
    """What the store has learnt. A damaged note is as good as none: estimates are then rough until the next film."""
    data = store.note(TIMINGS)
    try:
        raw = json.loads(data) if data else {"clips": {}, "loads": {}}
        table = {model: {gpu: _known(each) for gpu, each in kinds.items()} for model, kinds in raw["clips"].items()}
        loads = {
            model: {gpu: float(seconds) for gpu, seconds in kinds.items()} for model, kinds in raw["loads"].items()
        }
        return Timings(table, loads)
    except (ValueError, TypeError, AttributeError, KeyError):
        return Timings()


def _known(raw: Any) -> dict[Extent, Timing]:
    return {_extent(key): Timing(**timing) for key, timing in raw.items()}


def learn(store: Store, rows: Iterable[LedgerRow]) -> None:
    """Adds newly rendered rows. Of two writers at the same moment one is forgotten, which costs an estimate nothing."""
    rendered = [row for row in rows if row.status == "rendered" and row.seconds.get("denoise")]
    if not rendered:
        return
    before = read_timings(store)
    table = {model: {gpu: dict(known) for gpu, known in kinds.items()} for model, kinds in before.table.items()}
    loads = {model: dict(kinds) for model, kinds in before.loads.items()}
    for row in rendered:
        model = _model_key(row.spec, row.kernel, row.device, row.members)
        known = table.setdefault(model, {}).setdefault(row.gpu, {})
        known[row.spec.extent] = _blend(known.get(row.spec.extent), row)
        if (load := row.seconds.get("load", 0.0)) >= LEAST_LOAD:
            used = row.used_seconds - row.failed_seconds - row.repeated_seconds
            load += max(0.0, used / (row.members if row.gpu else 1) - row.total_seconds)
            earlier = loads.setdefault(model, {}).get(row.gpu, load)
            loads[model][row.gpu] = round((earlier + load) / 2, 3)
    clips = {
        model: {
            gpu: {"x".join(map(str, extent)): _plain(timing) for extent, timing in sorted(known.items())}
            for gpu, known in sorted(kinds.items())
        }
        for model, kinds in sorted(table.items())
    }
    store.put_note(TIMINGS, json.dumps({"clips": clips, "loads": loads}, indent=1).encode())


def forwards(spec: ClipSpec) -> float:
    """Passes through a transformer of all steps that are taken: a step of guidance 1.0 needs one, any other two; of two
    experts the mean."""
    guidance = spec.sampling.guidance_scale
    return spec.steps_taken * ((1 if guidance.high == 1.0 else 2) + (1 if guidance.low == 1.0 else 2)) / 2


def _blend(old: Timing | None, row: LedgerRow) -> Timing:
    fixed = sum(row.seconds.get(stage, 0.0) for stage in ("encode", "decode", "write"))
    passes = max(forwards(row.spec), 1)
    per_forward = row.seconds["denoise"] / passes
    if old is None:
        return Timing(fixed, per_forward, 1)
    part = 1 / min(old.count + 1, MEMORY)
    mixed = (1 - part) * old.fixed + part * fixed, (1 - part) * old.per_forward + part * per_forward
    off = math.log((fixed + per_forward * passes) / max(old.fixed + old.per_forward * passes, 1e-9))
    of_it = 1 / min(old.count, MEMORY)  # the first clip was not off
    spread = math.sqrt((1 - of_it) * old.spread**2 + of_it * off**2)
    return Timing(*mixed, old.count + 1, spread)


def _plain(timing: Timing) -> dict[str, float]:
    return {
        "fixed": round(timing.fixed, 6),
        "per_forward": round(timing.per_forward, 6),
        "count": timing.count,
        "spread": round(timing.spread, 4),
    }


def _model_key(spec: ClipSpec, kernel: str, device: str, members: int) -> str:
    """Clips that differ in their numerics take another time: `t2v-a14b/0123456789ab/cuda/bf16+auto+compile`, and of a
    gang of two `…+compile+gang=2`."""
    switches = [name for name in ("vae_tiling", "compile") if getattr(spec.numerics, name)]
    numerics = "+".join([spec.numerics.precision, kernel, *switches])
    together = f"{_GANG}{members}" if members > 1 else ""
    return f"{spec.variant}/{spec.checkpoint[:12]}/{device}/{numerics}{together}"


def _extent(key: str) -> Extent:
    width, height, num_frames = (int(number) for number in key.split("x"))
    return width, height, num_frames
