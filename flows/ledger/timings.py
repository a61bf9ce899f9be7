"""How long clips take: learnt from the ledger's rows, kept as one small note, so that planning reads no Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Literal, TypeAlias, get_args

from flows.clips import ClipSpec
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

    def estimate(self, spec: ClipSpec, kernel: str, device: str, rough: Callable[[Extent], float]) -> Estimate:
        """How long a clip would take on a device of this kind (`render.device`), its attention computed by `kernel`.
        `rough` is what a clip like it is guessed to take, by its extent: the ratio of two guesses scales what was timed
        of another extent."""
        known = self.table.get(_model_key(spec, kernel, device), {})
        if not known:
            return Estimate(rough(spec.extent), "rough")
        measured = spec.extent in known
        near = spec.extent if measured else min(known, key=lambda extent: abs(prod(extent) - prod(spec.extent)))
        seconds = known[near].fixed + known[near].per_forward * forwards(spec)
        if measured:
            return Estimate(seconds, "measured")
        return Estimate(seconds * rough(spec.extent) / rough(near), "scaled")


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
        known = table.setdefault(_model_key(row.spec, row.kernel, row.device), {})
        known[row.spec.extent] = _blend(known.get(row.spec.extent), row)
    plain = {
        model: {"x".join(map(str, extent)): _plain(timing) for extent, timing in sorted(known.items())}
        for model, known in sorted(table.items())
    }
    store.put_note(TIMINGS, json.dumps(plain, indent=1).encode())


def forwards(spec: ClipSpec) -> float:
    """Passes through a transformer of all steps that are taken: a step of guidance 1.0 needs one, any other two; of two
    experts the mean."""
    guidance = spec.sampling.guidance_scale
    return spec.steps_taken * ((1 if guidance.high == 1.0 else 2) + (1 if guidance.low == 1.0 else 2)) / 2


def _blend(old: Timing | None, row: LedgerRow) -> Timing:
    fixed = sum(row.seconds.get(stage, 0.0) for stage in ("encode", "decode", "write"))
    per_forward = row.seconds["denoise"] / max(forwards(row.spec), 1)
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


def _model_key(spec: ClipSpec, kernel: str, device: str) -> str:
    """Clips that differ in their numerics take another time: `t2v-a14b/0123456789ab/cuda/bf16+auto+compile`."""
    switches = [name for name in ("vae_tiling", "compile") if getattr(spec.numerics, name)]
    numerics = "+".join([spec.numerics.precision, kernel, *switches])
    return f"{spec.variant}/{spec.checkpoint[:12]}/{device}/{numerics}"


def _extent(key: str) -> Extent:
    width, height, num_frames = (int(number) for number in key.split("x"))
    return width, height, num_frames
