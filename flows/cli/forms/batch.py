"""What `wanflow batch` prints with `--json`."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from flows.batch.manifest import Entry
from flows.cli.forms.envelope import Envelope
from flows.cost.estimate import CostEstimate
from flows.fields import Written


class BatchFilmForm(TypedDict):
    """A film that would be made of a row."""

    name: Annotated[str, "its folder"]
    row: Annotated[int, "of the table; the header's is 1"]
    title: str
    variables: Annotated[dict[str, str], "columns and choices of the matrix, without empty cells"]
    film_seconds: float
    clips: int
    new: Annotated[int, "clips that are not in the store"]
    gpu_seconds: Annotated[float, "that these may take, those of other films too"]
    cost: Annotated[float | None, "of these; null: no price is set"]


class BatchTotalsForm(TypedDict):
    """Sums over a batch."""

    films: int
    clips: Annotated[int, "of all films"]
    shared: Annotated[int, "of these need not be rendered, as another film has the same"]
    distinct: Annotated[int, "are different"]
    cached: Annotated[int, "of the different ones are in the store"]
    new: Annotated[int, "of the different ones are to be rendered"]
    film_seconds: float
    estimated_seconds: Annotated[float, "with one worker: starting, rendering what is new, editing all films"]


class BatchPlanDocument(Envelope):
    """`wanflow batch --plan`; rows that are left out with `--skip-bad` are in `problems`."""

    batch: str
    folder: Annotated[str, "path"]
    films: list[BatchFilmForm]
    totals: BatchTotalsForm
    cost: Annotated[dict[str, Any], Written(CostEstimate)]
    weights: Annotated[bool, "false: planned without, and what the store has is not known"]


class BatchDocument(Envelope):
    """`wanflow batch`; `exit_code` is 1 where a row has no film, but for those that people have rejected."""

    batch: str
    folder: Annotated[str, "path"]
    manifest: Annotated[str | None, "path of the same as JSON; null: nothing was rendered for a review"]
    parquet: Annotated[str | None, "path of the same as a table; null as well"]
    gallery: Annotated[str, "path of the page"]
    films: list[Annotated[dict[str, Any], Written(Entry)]]
    waiting: Annotated[list[str], "looks that wait for decisions (`--review`); `exit_code` is 3 then"]
    rendered: Annotated[int, "clips"]
    seconds: float
    run_url: Annotated[str, "the run in the Prefect UI, while its server runs (`wanflow ui`)"]
    warnings: list[str]
