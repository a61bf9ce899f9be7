"""What `wanflow sweep` prints with `--json`."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from flows.batch.manifest import Entry
from flows.cli.forms.batch import BatchTotalsForm
from flows.cli.forms.envelope import Envelope
from flows.cost.estimate import CostEstimate
from flows.fields import Written


class SweepFilmForm(TypedDict):
    """A film that would be made."""

    name: Annotated[str, "its folder"]
    title: str
    differs: Annotated[dict[str, str], "its overrides, those alone that are not the same in all films"]
    film_seconds: float
    clips: int
    new: Annotated[int, "clips that are not in the store"]


class SweepPlanDocument(Envelope):
    """`wanflow sweep --plan`."""

    sweep: str
    folder: Annotated[str, "path"]
    overrides: Annotated[list[str], "those of all films"]
    films: list[SweepFilmForm]
    totals: BatchTotalsForm
    cost: Annotated[dict[str, Any], Written(CostEstimate)]


class SweepDocument(Envelope):
    """`wanflow sweep`; `exit_code` is 1 where a film is not made."""

    sweep: str
    folder: Annotated[str, "path"]
    overrides: Annotated[list[str], "those of all films"]
    sheet: Annotated[str, "path of the page that shows them side by side"]
    picture: Annotated[str | None, "path of the same as JPEG; null: it would be too large"]
    manifest: Annotated[str, "path of the same as JSON"]
    parquet: Annotated[str, "path of the same as a table"]
    films: list[Annotated[dict[str, Any], Written(Entry)]]
    rendered: Annotated[int, "clips"]
    seconds: float
    run_url: Annotated[str, "the run in the Prefect UI, while its server runs (`wanflow ui`)"]
    warnings: list[str]
