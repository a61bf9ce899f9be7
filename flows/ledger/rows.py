"""One row of the ledger: a clip of a take that a film asked for, whether it was rendered or found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from flows.clips import ClipSpec

RowStatus: TypeAlias = Literal["rendered", "cached", "failed", "stopped"]
STAGES = ("load", "encode", "denoise", "decode", "write")
"""The stages of rendering a clip that are timed, in order."""
KEY = ("when", "flow_run", "batch", "slug", "shot", "take", "clip", "fingerprint", "status", "worker")
"""Equal for two copies of one row (compaction writes the copy before it deletes the original)."""


def film_named(title: str, slug: str, batch: str) -> str:
    """What people call the film of a row: by its title; of a batch by its folder, `spot-products/a-1`, since films of
    one may all have one title."""
    return f"{batch}/{slug}" if batch and slug else title


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """A clip of a take that a film asked for. Each field is a column of the ledger's files; `spec` has parts. What a
    clip took of GPUs stands in the first row that the film has of it."""

    when: Annotated[datetime, "ISO 8601, UTC"]
    status: RowStatus
    film: Annotated[str, "its title"]
    slug: str
    shot: Annotated[str, "`scene.shot`"]
    take: Annotated[int, "from 1; 0: the still that the shot begins with"]
    clip: Annotated[int, "of the take, from 1"]
    fingerprint: str
    spec: Annotated[ClipSpec, "what decides its pixels"]
    fps: Annotated[float, "frames a second it is kept at"]
    kernel: Annotated[str, "computed the attention"] = "auto"
    original_prompt: Annotated[str, "the prompt before a model extended it"] = ""
    approved: Annotated[str, "who has approved the shot in a review, and when"] = ""
    seconds: Annotated[Mapping[str, float], "by stage: `load`, `encode`, `denoise`, `decode`, `write`"] = field(
        default_factory=dict
    )
    peak_memory_bytes: int = 0
    scores: Mapping[str, float] = field(default_factory=dict)
    seam: Annotated[
        Mapping[str, float],
        "measures of the join it begins with, if the film shows it ([seams.md](seams.md))",
    ] = field(default_factory=dict)
    inside: Annotated[Mapping[str, float], "measures of its shot, with its first clip"] = field(default_factory=dict)
    device: Annotated[str, "the kind that rendered it: `render.device`"] = ""
    worker: str = ""
    user: str = ""
    flow_run: Annotated[str, "Prefect's id of the film's run"] = ""
    version: Annotated[str, "of wanflow"] = ""
    message: Annotated[str, "why it failed, or was rendered again"] = ""
    batch: Annotated[str, "that the film is of"] = ""
    model: Annotated[str, "the family of checkpoints"] = ""
    gpu: Annotated[str, "its name, as NVIDIA H200; empty: it was rendered without one"] = ""
    members: Annotated[int, "processes that rendered it together, each on a GPU of its own if on any"] = 1
    attempts: Annotated[int, "begun for this film"] = 0
    used_seconds: Annotated[
        float, "of a GPU (a worker where there is none), all attempts, loading too; that of half a GPU counts half"
    ] = 0.0
    failed_seconds: Annotated[float, "of these, of attempts that failed"] = 0.0
    repeated_seconds: Annotated[float, "of these, of work that was done again"] = 0.0
    price_hour: Annotated[float | None, "of what it was rendered on, then; null: none was set"] = None
    cost: Annotated[float | None, "of `used_seconds`; null: no price was set"] = None
    currency: str = ""

    @property
    def total_seconds(self) -> float:
        """What rendering took, loading included."""
        return sum(self.seconds.values())

    @property
    def key(self) -> tuple[object, ...]:
        """Of `KEY`."""
        return tuple(getattr(self, name) for name in KEY)

    @property
    def film_named(self) -> str:
        """What people call its film."""
        return film_named(self.film, self.slug, self.batch)
