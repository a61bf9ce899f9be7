"""Printing for programs: one JSON object on stdout, or one a line while something is done and that object last."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, BinaryIO

from flows.cli.problems import WARNING, from_text

if TYPE_CHECKING:
    from flows.cli.forms.envelope import Envelope, ProblemForm

JSON_VERSION = 1
"""Raised when a key changes its meaning or goes; keys may be added without."""


def envelope(command: str, code: int = 0, problems: Sequence[ProblemForm] = ()) -> Envelope:
    """What every document begins with."""
    return {"json_version": JSON_VERSION, "command": command, "exit_code": code, "problems": list(problems)}


def warnings(texts: Iterable[str]) -> list[ProblemForm]:
    """Warnings as problems."""
    return [from_text(text, WARNING, "warning") for text in texts]


def print_document(document: Mapping[str, object], *, line: bool = False, to: BinaryIO | None = None) -> None:
    """The document, on one `line` where lines came before it. Always UTF-8, whatever the terminal speaks. `to`: what
    stands for stdout, where that is not its own (`flows.cli.streams.stdout_alone`)."""
    text = json.dumps(document, indent=None if line else 2, ensure_ascii=False)
    sys.stdout.flush()
    stream = to or sys.stdout.buffer
    stream.write(f"{text}\n".encode("utf-8", "backslashreplace"))
    stream.flush()


def print_event(event: str, **what: object) -> None:
    """One line: something has happened. Lines of several threads do not mix."""
    print_document({"event": event, **what}, line=True)


def command_of(arguments: Sequence[str]) -> str:
    """The command that a command line names: `plan`, `models list`."""
    words = [text for text in arguments if not text.startswith("-")]
    return " ".join(
        words[: 2 if words[:1] in (["models"], ["export"], ["store"], ["pool"], ["schedule"], ["notify"]) else 1]
    )


def wants_document(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for JSON; also one that is wrong, and was not read to its end."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return bool({"--json", "--events"} & set(options))
