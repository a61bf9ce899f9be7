"""What `wanflow review` prints with `--json`, and reads."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from flows.cli.forms.envelope import Envelope
from flows.fields import Written
from flows.review.model import Entry as Decided
from flows.review.model import Kind, Standing


class ShotDecisionForm(TypedDict):
    """A shot that is reviewed; `decision`, `prompt` and `note` are to be filled in."""

    decision: Annotated[str, "`approve`, `take`, `prompt`, `drop`, `note`; empty: nothing is decided"]
    prompt: Annotated[str, "of the shot; another one with `decision` `prompt`"]
    note: str
    look: Annotated[str, "fingerprint of what is looked at; decisions about another are refused"]
    seed: int
    standing: Annotated[Standing, "how it stands"]
    decided: Annotated[str, "by whom and when it was decided; empty: it is open"]
    films: Annotated[list[str], "of a batch: those that have the look; it is decided for all of them"]


class ReviewDocument(Envelope):
    """`wanflow review`; `--decisions` reads the same, filled in."""

    review: Annotated[int, "version of this form"]
    film: Annotated[str, "its title; of a batch its name"]
    kind: Annotated[Kind | None, "null: nothing waits"]
    number: Annotated[int, "how many entries there were: who decides knowing fewer comes too late"]
    by: Annotated[str, "who decides"]
    reject: Annotated[bool, "true: the film is not made"]
    shots: Annotated[dict[str, ShotDecisionForm], "by `scene.shot`; of a batch by `film:scene.shot`"]
    open: Annotated[list[str], "shots that are to be decided"]
    page: Annotated[str, "path of the contact sheet, on the machine that made it"]
    run: Annotated[str, "that waits; empty: none, it was rendered by a command"]
    run_url: str
    until: Annotated[str | None, "the last moment to decide, ISO 8601; null: there is none"]
    taken: Annotated[Annotated[dict[str, Any], Written(Decided)] | None, "what this command has decided; null: nothing"]
    history: Annotated[list[Annotated[dict[str, Any], Written(Decided)]], "all that was decided, in its order"]
