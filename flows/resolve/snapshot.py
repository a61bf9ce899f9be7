"""What was seen of the world, once, before planning: the plan is a pure function of storyboard, settings and this."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from flows.errors import Problem
from flows.ledger import Overheads, Timings
from flows.resolve.motion import MotionFacts
from flows.resolve.picks import Pick
from wan.families import FamilyLora
from wan.request import ExpertName

Finished: TypeAlias = Callable[[Collection[str]], frozenset[str]]
OnPrompt: TypeAlias = Callable[[int, int], None]
"""Hears how many prompts are extended, of how many."""


@dataclass(frozen=True, slots=True)
class PastShot:
    """A shot in the last finished film of this storyboard: its takes' fingerprints, and the specs of the clips of its
    first take (`flows.clips.ClipSpec` as plain values). `seam` says what was worst of it and of the joins that its
    clips begin with, `share` how much of its budget that took."""

    takes: tuple[str, ...]
    clips: tuple[Mapping[str, object], ...]
    seam: str = ""
    share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """`digests` maps every input file to its sha256, `image_sizes` pictures to (width, height), `media_seconds` sounds
    and videos to their length, `treated` those that are not plain to how they are treated when they are read
    (`flows.media.treated`). `checkpoints` maps the variants that are used to their revision. `finished`
    names those of some fingerprints that have a record in the store: the plan asks once, with all of its own. `past`
    are the shots of the last finished film, by full id; `picks` what people chose of this storyboard's takes, oldest
    first.

    `prompts` are those that were extended, by the shot's full id; `kept_prompts` says why others, which should have
    been, are rendered as they are written. `loras` are the digests of LoRA files, by what a storyboard calls them
    (`Lora.key`), or as the family's roles have them; `lora_experts` the experts that the keys of some of these name.
    `motion` is about what prepares driving videos.

    `problems` are files that turned out to be broken and prompts that could not be extended; the plan reports them with
    its own, and what is missing here: `lacks` is what the film cannot do without (checkpoints, models), `machine` what
    keeps workers of this machine from rendering what is not in the store yet. `remarks` are about files that can be
    used, but hardly are what was meant; `foreign` are pictures and videos of a kind that the family was never shown.
    """

    storyboard_digest: str
    digests: Mapping[Path, str] = field(default_factory=dict)
    image_sizes: Mapping[Path, tuple[int, int]] = field(default_factory=dict)
    media_seconds: Mapping[Path, float] = field(default_factory=dict)
    treated: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)
    checkpoints: Mapping[str, str] = field(default_factory=dict)
    finished: Finished = frozenset().intersection
    timings: Timings = field(default_factory=Timings)
    overheads: Overheads = field(default_factory=Overheads)
    past: Mapping[str, PastShot] = field(default_factory=dict)
    picks: tuple[Pick, ...] = ()
    prompts: Mapping[str, str] = field(default_factory=dict)
    kept_prompts: Mapping[str, str] = field(default_factory=dict)
    loras: Mapping[str | FamilyLora, str] = field(default_factory=dict)
    lora_experts: Mapping[str | FamilyLora, tuple[ExpertName, ...]] = field(default_factory=dict)
    motion: MotionFacts = field(default_factory=MotionFacts)
    problems: tuple[Problem, ...] = ()
    remarks: tuple[Problem, ...] = ()
    foreign: frozenset[Path] = frozenset()
    lacks: tuple[str, ...] = ()
    machine: tuple[str, ...] = ()
    gpu: str | None = None
    """The name of the GPU that workers of this machine render on, "" if they do without; None: nobody knows."""
    heads: Mapping[str, int] = field(default_factory=dict)
    """Attention heads by variant, where several processes are to render a clip together."""
    flash_3: bool = False
    """FlashAttention-3 is installed here: only estimates go by it."""
