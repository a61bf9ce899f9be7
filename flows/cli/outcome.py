"""From an exception to what a person reads and the exit code a program sees."""

from __future__ import annotations

import io
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from flows.cli.document import command_of, envelope, print_document, wants_document
from flows.cli.problems import (
    INTERNAL,
    STOPPED,
    STOPPED_BY_HAND,
    code_of,
    exit_code,
    from_text,
    mistakes,
    problems_of,
)
from flows.config.told import is_secret, name_of, told
from flows.errors import FlowsError, Problem, RenderError, TableError
from wan.errors import WanError
from wan.system.files import state_folder

ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""What a person, a service manager or the end of a session stop us with."""
SECRETS = ("--webhook", "--smtp")
LEAST_SECRET = 6
"""Letters of the shortest text that is one: shorter ones stand in words, too."""
MOST_SHOWN = 200
"""Problems of one file that people are shown."""


@contextmanager
def exit_code_of(arguments: Sequence[str], *, debug: bool) -> Iterator[None]:
    """Leave the process with the exit code that what happens inside means. Never returns after an error."""
    try:
        yield
    except BaseException as error:  # noqa: BLE001  # the outermost place: everything ends here, as an exit code
        if debug and not isinstance(error, click.exceptions.Exit | SystemExit):
            traceback.print_exc()
        code = report(error, arguments)
        if code == STOPPED:
            for number in ENDINGS:  # who is impatient may be so to the very end, and would see Python's own traceback
                signal.signal(number, signal.SIG_IGN)
        sys.exit(code)


def report(error: BaseException, arguments: Sequence[str] = ()) -> int:
    """Say on stderr what went wrong and what to do, and to a program in a document; return the exit code."""
    code = exit_code(error)
    if isinstance(error, click.exceptions.Exit | SystemExit):
        return code
    text = spared(words(error, arguments), arguments)
    if isinstance(error, click.ClickException):
        shown = io.StringIO()
        error.show(shown)
        click.echo(spared(shown.getvalue(), arguments), err=True, nl=False)
    else:
        say(text)
    if wants_document(arguments):
        known = code_of(error) != INTERNAL
        problems = problems_of(error) if known else [from_text(text.removeprefix("error: "), INTERNAL)]
        for problem in problems:
            problem["message"] = spared(problem["message"], arguments)
            problem["fix"] = spared(problem["fix"], arguments) if problem["fix"] else problem["fix"]
        print_document(envelope(command_of(arguments), code, problems), line="--events" in arguments)
    return code


def words(error: BaseException, arguments: Sequence[str]) -> str:
    """What a person reads."""
    match error:
        case click.Abort() | KeyboardInterrupt():
            return STOPPED_BY_HAND
        case FlowsError():
            return error_text(error)
        case WanError():
            return f"error: {error}"
        case click.ClickException():
            return error.format_message()
        case ModuleNotFoundError(name=str(name)) if name.partition(".")[0] not in ("flows", "wan"):
            package = name.partition(".")[0]
            return f"error: {package} is not installed on this machine\n    pip install 'wanflow[render]'"
    return unexpected(error, arguments)


def error_text(error: FlowsError) -> str:
    """`error: file:line:col: ...`, one for each mistake; takes that failed stand together under one line."""
    if error.exit_code == STOPPED:
        return str(error) or "stopped"
    if isinstance(error, TableError):
        return "\n".join(f"error: {text}" for text in error.told)
    return "\n".join(problem_lines([str(error)] if isinstance(error, RenderError) else mistakes(error)))


def problem_lines(problems: Sequence[Problem | str]) -> list[str]:
    """`error: file:line:col: ...` for each; of very many the first, and how many more there are."""
    lines = [f"error: {problem}" for problem in problems[:MOST_SHOWN]]
    left = len(problems) - MOST_SHOWN
    return [*lines, f"and {left:,} more; mend these first, or list all: wanflow check --json"] if left > 0 else lines


def unexpected(error: BaseException, arguments: Sequence[str]) -> str:
    """Keep the traceback in a file, and say where: it is of use to us, not to the person."""
    lines = traceback.format_exception(error)
    brief = f"error: wanflow broke: {type(error).__name__}: {error}"
    whole = spared("".join(lines), arguments)
    arguments = without_secrets(arguments)
    try:
        log = log_file()
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"wanflow {' '.join(arguments)}\n\n{whole}", "utf-8", "backslashreplace")
    except OSError:
        return f"{brief}\n    show more: WANFLOW_DEBUG=1 wanflow {' '.join(arguments)}"
    return f"{brief}\n    this is a mistake of ours; the whole story is in {log}"


def without_secrets(arguments: Sequence[str]) -> list[str]:
    """A command line without what may be one: what follows a flag whose value is, an override that says where people
    are told, an address that `wanflow notify` was given in the wrong place."""
    kept: list[str] = []
    for before, text in zip(("", *arguments), arguments, strict=False):
        flag, equals, _ = text.partition("=")
        if before in SECRETS:
            kept.append("…")
        elif equals and flag in SECRETS:
            kept.append(f"{flag}=…")
        elif (is_secret(name_of(text)) and name_of(text) != text) or ("notify" in arguments[:2] and "://" in text):
            kept.append(told(text))
        else:
            kept.append(text)
    return kept


def spared(text: str, arguments: Sequence[str]) -> str:
    """What is said, without secrets of the command line: whoever says it may repeat what he was given."""
    for given, kept in zip(arguments, without_secrets(arguments), strict=True):
        if given == kept:
            continue
        if kept != "…":  # what is too short to be a secret stands in words, too
            text = text.replace(given, kept)
        for value in {given.partition("=")[2], given} - {""}:
            text = text.replace(value, "…") if len(value) >= LEAST_SECRET else text
    return text


def log_file() -> Path:
    """Where the traceback of the last unexpected error is kept: under `$XDG_STATE_HOME`."""
    return state_folder() / "error.log"


def say(text: str) -> None:
    """A line on stderr."""
    click.echo(text, err=True)
