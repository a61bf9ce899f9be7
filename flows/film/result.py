"""What a film came to: its files, how many takes were rendered, how long it took, and what is worth a warning."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from flows.cost.spent import Spent
from flows.seams import Continuity


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A file of `deliver`: its pixels and its length in seconds."""

    path: Path
    width: int
    height: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmResult:
    """Where everything is, and what it took.

    `path` is the film, None when only some shots were asked for and others are not rendered yet; `captions` is the
    WebVTT file beside it, if a shot has a caption; `clips` are the files of the shots that were asked for by name,
    `delivered` those of `deliver`, made with the film. `rendered` and `cached` count takes, `seconds` is the whole
    time. `run_url` shows the run in the Prefect UI, as long as its server runs (`wanflow ui`); it and `flow_run_id` are
    empty when the run could not be reported. `warnings` say what else did not go well;
    `spent` is what was used of GPUs, `continuity` what was measured of the film's joins and shots.
    """

    path: Path | None
    clips: tuple[Path, ...]
    report: Path | None
    plan_path: Path
    rendered: int
    cached: int
    seconds: float
    flow_run_id: str
    run_url: str
    delivered: tuple[Delivered, ...] = ()
    captions: Path | None = None
    warnings: tuple[str, ...] = ()
    spent: Spent = field(default_factory=Spent)
    continuity: Continuity = field(default_factory=Continuity)
