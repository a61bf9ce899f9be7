"""What `wanflow pick` prints with `--json`."""

from __future__ import annotations

from typing import Annotated, TypedDict

from flows.cli.forms.envelope import Envelope


class MadeTakeForm(TypedDict):
    """A take of a film that was made, or was passed over in it."""

    number: Annotated[int, "from 1"]
    seed: int
    fingerprint: Annotated[str, "of its last clip"]
    score: Annotated[float | None, "that of its weakest clip; null: it was not rendered, or is judged by nobody"]


class PickShotForm(TypedDict):
    """A shot, and which of its takes was chosen by hand."""

    shot: Annotated[str, "`scene.shot`"]
    takes: list[MadeTakeForm]
    picked: Annotated[int | None, "number of the take; null: the score decides, or the storyboard"]
    who: str
    when: Annotated[str, "ISO 8601"]


class PickDocument(Envelope):
    """`wanflow pick` of a film; choices that are out of date are among `problems`."""

    title: str
    folder: Annotated[str, "path"]
    storyboard: Annotated[str, "path, or where it was sent from"]
    written: Annotated[bool, "whether the storyboard's file was changed (`--write`)"]
    shots: list[PickShotForm]


class PickSweepDocument(Envelope):
    """`wanflow pick` of a sweep."""

    title: str
    folder: Annotated[str, "path"]
    storyboard: Annotated[str, "path"]
    sweep: str
    films: Annotated[list[str], "names"]
    film: Annotated[str | None, "that was picked"]
    overrides: Annotated[list[str], "that it was made with: `wanflow render` with these makes it alone"]
    who: str
    when: Annotated[str, "ISO 8601"]
