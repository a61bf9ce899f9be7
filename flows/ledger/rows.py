"""One row of the ledger: a segment of a take that a film asked for, whether it was rendered or found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

RowStatus: TypeAlias = Literal["rendered", "cached", "failed"]
STAGES = ("load", "encode", "denoise", "decode", "write")
"""The stages of rendering a clip that are timed, in order; each has a column `<stage>_seconds`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """`take` and `segment` count from 1; `shot` is the full id; `when` has a time zone.

    `prompt` is what the clip was rendered from, `original_prompt` what the storyboard says (older rows: "").
    `seconds` maps stages (`STAGES`) to durations, empty when the clip was found in the store or failed. `device` is the
    kind of device that rendered it (`render.device`); memory is in bytes. `steps_taken` is less than
    `num_inference_steps` where a video is changed (older rows: 0). `numerics` are precision, attention kernel and the
    like in one word (older rows: "").
    """

    when: datetime
    status: RowStatus
    film: str
    slug: str
    shot: str
    take: int
    segment: int
    fingerprint: str
    variant: str
    checkpoint: str
    seed: int
    prompt: str
    negative_prompt: str
    width: int
    height: int
    num_frames: int
    fps: float
    num_inference_steps: int
    guidance_high: float
    guidance_low: float
    seconds: Mapping[str, float] = field(default_factory=dict)
    peak_memory_bytes: int = 0
    scores: Mapping[str, float] = field(default_factory=dict)
    device: str = ""
    worker: str = ""
    user: str = ""
    flow_run: str = ""
    version: str = ""
    message: str = ""
    original_prompt: str = ""
    steps_taken: int = 0
    numerics: str = ""

    @property
    def total_seconds(self) -> float:
        """What rendering took, loading included."""
        return sum(self.seconds.values())

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for two copies of one row (compaction writes the copy before it deletes the original)."""
        return (
            self.when,
            self.flow_run,
            self.shot,
            self.take,
            self.segment,
            self.fingerprint,
            self.status,
            self.worker,
        )
