"""What every document has: the envelope's keys, and problems."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, TypedDict

Severity: TypeAlias = Literal["error", "warning"]


class ProblemForm(TypedDict):
    """One mistake or warning, and where it is."""

    severity: Severity
    code: Annotated[str, "its kind, of the table below"]
    message: str
    fix: Annotated[str | None, "what to do about it, where that is not in the message"]
    file: str | None
    line: Annotated[int | None, "from 1"]
    column: Annotated[int | None, "from 1"]
    shot: Annotated[str | None, "`scene.shot`"]


class Envelope(TypedDict):
    """In every document, and alone in that of a command that failed before it had anything else to say."""

    json_version: int
    command: Annotated[str, "`plan`, `models list` …"]
    exit_code: int
    problems: list[ProblemForm]
