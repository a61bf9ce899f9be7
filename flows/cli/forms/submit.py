"""What `wanflow submit` and `fetch` print with `--json`."""

from __future__ import annotations

from typing import Annotated, Any

from flows.cli.forms.envelope import Envelope
from flows.cost.estimate import CostEstimate
from flows.fields import Written


class SubmitDocument(Envelope):
    """`wanflow submit`; with `--watch` the document is that of `fetch`."""

    title: str
    films: Annotated[int, "more than one of a table"]
    run: Annotated[str, "its id: `wanflow fetch` takes it"]
    run_url: Annotated[str, "the run in the Prefect UI"]
    storyboard: Annotated[str, "sha256 of what was sent"]
    store: Annotated[str, "address of the store that it was sent to"]
    files: Annotated[int, "that the storyboard needs, itself among them"]
    served: Annotated[bool, "false: no machine serves films now, and it waits"]
    cost: Annotated[
        Annotated[dict[str, Any], Written(CostEstimate)] | None,
        "as if nothing of it were in the store; null: it cannot be told here",
    ]


class FetchDocument(Envelope):
    """`wanflow fetch`, and `wanflow submit --watch`."""

    title: str
    run: str
    run_url: str
    files: Annotated[list[str], "paths of what was written here, the film first"]
    rendered: Annotated[int, "takes"]
    cached: Annotated[int, "takes that were in the store"]
    seconds: Annotated[float, "that it took, waiting not counted"]
    warnings: list[str]
