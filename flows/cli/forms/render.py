"""What `wanflow render` prints with `--json`."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from flows.cli.forms.envelope import Envelope
from flows.cost.spent import Spent
from flows.fields import Written


class DeliveredForm(TypedDict):
    """A file of `deliver`."""

    path: str
    width: int
    height: int
    seconds: float


class RenderDocument(Envelope):
    """`wanflow render`."""

    title: str
    film: Annotated[str | None, "path; null: only some shots were asked for, and others are not rendered yet"]
    captions: Annotated[str | None, "path of the subtitles (WebVTT) beside the film, if a shot has a caption"]
    delivered: list[DeliveredForm]
    clips: Annotated[list[str], "paths of the shots that `--only` named"]
    report: Annotated[str | None, "of a review the contact sheet"]
    waiting: Annotated[list[str], "shots that wait for decisions (`--review`); `exit_code` is 3 then"]
    plan: Annotated[str | None, "path of the plan as JSON; null: nothing was rendered for a review"]
    spent: Annotated[dict[str, Any], Written(Spent)]
    rendered: Annotated[int, "takes"]
    cached: Annotated[int, "takes that were in the store"]
    seconds: float
    run_url: Annotated[str, "the run in the Prefect UI, while its server runs (`wanflow ui`)"]
    warnings: Annotated[list[str], "those of the plan, and what went wrong beside the film; in `problems` too"]
