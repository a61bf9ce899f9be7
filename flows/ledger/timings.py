"""How long clips take: learnt from the ledger's rows, kept as one small note, so that planning reads no Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from flows.ledger.rows import LedgerRow
from flows.store.protocol import Store

NOTE = "ledger-timings/timings.json"
MEMORY = 10
"""A timing is a running mean over about this many clips: a new driver or machine shows after a few."""

Basis: TypeAlias = Literal["measured", "scaled", "rough"]
BASES: tuple[Basis, ...] = get_args(Basis)
"""From firm to weak."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What decides how long a clip takes. `forwards` a step: 2 with guidance, 1 without, between if experts differ."""

    variant: str
    checkpoint: str
    width: int
    height: int
    num_frames: int
    num_inference_steps: int
    forwards: float

    @property
    def volume(self) -> float:
        """Megapixels times frames."""
        return self.width * self.height * self.num_frames / 1e6


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
    volume: float
    count: int


@dataclass(frozen=True, slots=True)
class Timings:
    """What is known; keys are `<variant>/<checkpoint>/<device>` and then `<size and length>`."""

    table: Mapping[str, Mapping[str, Timing]] = field(default_factory=dict)

    def estimate(self, work: Workload, device: str, rough: float) -> Estimate:
        """How long `work` would take on a device of this kind (`render.device`); `rough` seconds, when nothing like it
        was ever timed."""
        passes = work.num_inference_steps * work.forwards
        known = self.table.get(_model_key(work.variant, work.checkpoint, device), {})
        exact = known.get(_size_key(work.width, work.height, work.num_frames))
        if exact is not None:
            return Estimate(exact.fixed + exact.per_forward * passes, "measured")
        if known:
            near = min(known.values(), key=lambda timing: abs(timing.volume - work.volume))
            scale = work.volume / near.volume
            return Estimate(scale * (near.fixed + near.per_forward * passes), "scaled")
        return Estimate(rough, "rough")


def read_timings(store: Store) -> Timings:
    """What the store has learnt. A damaged note is as good as none: estimates are then rough until the next film."""
    data = store.note(NOTE)
    try:
        raw = json.loads(data) if data else {}
        return Timings(
            {model: {size: Timing(**timing) for size, timing in sizes.items()} for model, sizes in raw.items()}
        )
    except (ValueError, TypeError, AttributeError):
        return Timings()


def learn(store: Store, rows: Iterable[LedgerRow]) -> None:
    """Adds newly rendered rows. Of two writers at the same moment one is forgotten, which costs an estimate nothing."""
    rendered = [row for row in rows if row.status == "rendered" and row.seconds.get("denoise")]
    if not rendered:
        return
    table = {model: dict(sizes) for model, sizes in read_timings(store).table.items()}
    for row in rendered:
        sizes = table.setdefault(_model_key(row.variant, row.checkpoint, row.device), {})
        key = _size_key(row.width, row.height, row.num_frames)
        sizes[key] = _blend(sizes.get(key), row)
    plain = {
        model: {size: _plain(timing) for size, timing in sorted(sizes.items())}
        for model, sizes in sorted(table.items())
    }
    store.put_note(NOTE, json.dumps(plain, indent=1).encode())


def forwards(high: float, low: float) -> float:
    """Passes through a transformer a step: guidance 1.0 needs one, any other two; the mean of both experts."""
    return ((1 if high == 1.0 else 2) + (1 if low == 1.0 else 2)) / 2


def _blend(old: Timing | None, row: LedgerRow) -> Timing:
    passes = row.num_inference_steps * forwards(row.guidance_high, row.guidance_low)
    fixed = sum(row.seconds.get(stage, 0.0) for stage in ("encode", "decode", "write"))
    per_forward = row.seconds["denoise"] / max(passes, 1)
    volume = row.width * row.height * row.num_frames / 1e6
    if old is None:
        return Timing(fixed, per_forward, volume, 1)
    part = 1 / min(old.count + 1, MEMORY)
    mixed = (1 - part) * old.fixed + part * fixed, (1 - part) * old.per_forward + part * per_forward
    return Timing(*mixed, volume, old.count + 1)


def _plain(timing: Timing) -> dict[str, float]:
    return {
        "fixed": round(timing.fixed, 6),
        "per_forward": round(timing.per_forward, 6),
        "volume": timing.volume,
        "count": timing.count,
    }


def _model_key(variant: str, checkpoint: str, device: str) -> str:
    return f"{variant}/{checkpoint[:12]}/{device}"


def _size_key(width: int, height: int, num_frames: int) -> str:
    return f"{width}x{height}x{num_frames}"
