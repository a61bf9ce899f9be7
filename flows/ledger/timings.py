"""How long clips take: learnt from the ledger's rows, kept as one small note, so that planning reads no Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Literal, TypeAlias, get_args

from flows.ledger.rows import LedgerRow
from flows.store import Store
from flows.store.layout import TIMINGS

MEMORY = 10
"""A timing is a running mean over about this many clips: a new driver or machine shows after a few."""

Basis: TypeAlias = Literal["measured", "scaled", "rough"]
BASES: tuple[Basis, ...] = get_args(Basis)
"""From firm to weak."""
Extent: TypeAlias = tuple[int, int, int]
"""Width, height and number of frames of a clip."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What decides how long a clip takes. `steps` are those that are taken; `forwards` a step: 2 with guidance, 1
    without, between if experts differ. `numerics` as in `LedgerRow`."""

    variant: str
    checkpoint: str
    extent: Extent
    steps: int
    forwards: float
    numerics: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds of one worker with the model loaded. `basis`: this very kind of clip was timed, another one, or none."""

    seconds: float
    basis: Basis


@dataclass(frozen=True, slots=True)
class Timing:
    """`fixed` seconds a clip (encoding, decoding, writing), `per_forward` seconds a pass, over `count` clips."""

    fixed: float
    per_forward: float
    count: int


@dataclass(frozen=True, slots=True)
class Timings:
    """What is known; keys are `<variant>/<checkpoint>/<device>/<numerics>` and then the extent."""

    table: Mapping[str, Mapping[Extent, Timing]] = field(default_factory=dict)

    def estimate(self, work: Workload, device: str, rough: Callable[[Extent], float]) -> Estimate:
        """How long `work` would take on a device of this kind (`render.device`). `rough` is what a clip like it is
        guessed to take, by its extent: the ratio of two guesses scales what was timed of another extent."""
        passes = work.steps * work.forwards
        known = self.table.get(_model_key(work.variant, work.checkpoint, device, work.numerics), {})
        if not known:
            return Estimate(rough(work.extent), "rough")
        measured = work.extent in known
        near = work.extent if measured else min(known, key=lambda extent: abs(prod(extent) - prod(work.extent)))
        seconds = known[near].fixed + known[near].per_forward * passes
        if measured:
            return Estimate(seconds, "measured")
        return Estimate(seconds * rough(work.extent) / rough(near), "scaled")


def read_timings(store: Store) -> Timings:
    """What the store has learnt. A damaged note is as good as none: estimates are then rough until the next film."""
    data = store.note(TIMINGS)
    try:
        raw = json.loads(data) if data else {}
        return Timings(
            {model: {_extent(key): Timing(**timing) for key, timing in known.items()} for model, known in raw.items()}
        )
    except (ValueError, TypeError, AttributeError):
        return Timings()


def learn(store: Store, rows: Iterable[LedgerRow]) -> None:
    """Adds newly rendered rows. Of two writers at the same moment one is forgotten, which costs an estimate nothing."""
    rendered = [row for row in rows if row.status == "rendered" and row.seconds.get("denoise")]
    if not rendered:
        return
    table = {model: dict(known) for model, known in read_timings(store).table.items()}
    for row in rendered:
        known = table.setdefault(_model_key(row.variant, row.checkpoint, row.device, row.numerics), {})
        extent = row.width, row.height, row.num_frames
        known[extent] = _blend(known.get(extent), row)
    plain = {
        model: {"x".join(map(str, extent)): _plain(timing) for extent, timing in sorted(known.items())}
        for model, known in sorted(table.items())
    }
    store.put_note(TIMINGS, json.dumps(plain, indent=1).encode())


def forwards(high: float, low: float) -> float:
    """Passes through a transformer a step: guidance 1.0 needs one, any other two; the mean of both experts."""
    return ((1 if high == 1.0 else 2) + (1 if low == 1.0 else 2)) / 2


def _blend(old: Timing | None, row: LedgerRow) -> Timing:
    passes = (row.steps_taken or row.num_inference_steps) * forwards(row.guidance_high, row.guidance_low)
    fixed = sum(row.seconds.get(stage, 0.0) for stage in ("encode", "decode", "write"))
    per_forward = row.seconds["denoise"] / max(passes, 1)
    if old is None:
        return Timing(fixed, per_forward, 1)
    part = 1 / min(old.count + 1, MEMORY)
    mixed = (1 - part) * old.fixed + part * fixed, (1 - part) * old.per_forward + part * per_forward
    return Timing(*mixed, old.count + 1)


def _plain(timing: Timing) -> dict[str, float]:
    return {
        "fixed": round(timing.fixed, 6),
        "per_forward": round(timing.per_forward, 6),
        "count": timing.count,
    }


def _model_key(variant: str, checkpoint: str, device: str, numerics: str) -> str:
    return f"{variant}/{checkpoint[:12]}/{device}/{numerics}"


def _extent(key: str) -> Extent:
    width, height, num_frames = (int(number) for number in key.split("x"))
    return width, height, num_frames
