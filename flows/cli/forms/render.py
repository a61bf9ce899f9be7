"""What `wanflow render` prints with `--json`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from flows.cli.forms.envelope import Envelope
from flows.cost.spent import Spent
from flows.fields import Written


class DeliveredForm(TypedDict):
    """A file of `deliver`."""

    path: str
    width: int
    height: int
    seconds: float


class SeamForm(TypedDict):
    """A join of the film, or a shot, as it was measured (seams.md)."""

    kind: Annotated[Literal["join", "shot"], "`shot`: the whole of it"]
    shot: Annotated[str, "`scene.shot`; of a join the later one"]
    clip: Annotated[int, "of the shot, from 1, which begins there"]
    before: Annotated[str, "the earlier shot; the same one where its clips meet; empty of a whole shot"]
    at: Annotated[float, "seconds into the film"]
    transition: str
    judged: Annotated[bool, "the later goes on from the earlier; others are measured alone"]
    measures: dict[str, float]
    over: Annotated[list[str], "measures over budget, the worst first"]


class KeyframeForm(TypedDict):
    """A picture that shots joined by keyframes are held to."""

    shot: Annotated[str, "begins with it"]
    ends: Annotated[str | None, "the shot that ends on it"]
    picture: Annotated[str, "path"]
    given: Annotated[bool, "by the storyboard; else it is rendered"]
    seed: Annotated[int | None, "it is rendered with"]


class RenderDocument(Envelope):
    """`wanflow render`."""

    title: str
    film: Annotated[str | None, "path; null: only some shots were asked for, and others are not rendered yet"]
    captions: Annotated[str | None, "path of the subtitles (WebVTT) beside the film, if a shot has a caption"]
    delivered: list[DeliveredForm]
    clips: Annotated[list[str], "paths of the shots that `--only` named"]
    report: Annotated[str | None, "of a review the contact sheet"]
    waiting: Annotated[list[str], "shots that wait for decisions (`--review`); `exit_code` is 3 then"]
    keyframes: Annotated[list[KeyframeForm], "of `--keyframes`, which makes no film; `report` is a sheet of them"]
    plan: Annotated[str | None, "path of the plan as JSON; null: nothing was rendered for a review"]
    spent: Annotated[dict[str, Any], Written(Spent)]
    seams: Annotated[list[SeamForm], "the film's joins and shots, measured, in its order"]
    rendered: Annotated[int, "takes"]
    cached: Annotated[int, "takes that were in the store"]
    seconds: float
    run_url: Annotated[str, "the run in the Prefect UI, while its server runs (`wanflow ui`)"]
    warnings: Annotated[list[str], "those of the plan, and what went wrong beside the film; in `problems` too"]
