"""From an exception to what a person reads and the exit code a program sees."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from flows.errors import FlowsError, Lacking, Problem, StoryboardError
from wan.errors import CheckpointError, HubRefusal, NoHome, RequestError, WanError
from wan.files import state_folder

STOPPED = 130
ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""What a person, a service manager or the end of a session stop us with."""
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
    """Say on stderr what went wrong and what to do; return the exit code."""
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case SystemExit():
            return error.code if isinstance(error.code, int) else 1
        case click.ClickException():
            error.show()
            return error.exit_code
        case KeyboardInterrupt() | click.Abort():
            say("stopped; finished takes are kept, and the same command goes on from there")
            return STOPPED
        case BrokenPipeError():
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        case FlowsError():
            say("\n".join([error_text(error), *getattr(error, "__notes__", ())]))
            return error.exit_code
        case WanError():
            say(f"error: {error}")
            return 2 if isinstance(error, CheckpointError | HubRefusal | NoHome | RequestError) else 1
    say(unexpected(error, arguments))
    return 1


def error_text(error: FlowsError) -> str:
    """`error: file:line:col: ...`, one for each problem."""
    if isinstance(error, StoryboardError):
        return "\n".join(problem_lines(error.problems))
    if isinstance(error, Lacking):
        return "\n".join(f"error: {fault}" for fault in error.faults)
    return f"error: {error}" if error.exit_code != STOPPED else str(error) or "stopped"


def problem_lines(problems: Sequence[Problem]) -> list[str]:
    """`error: file:line:col: ...` for each; of very many the first, and how many more there are."""
    lines = [f"error: {problem}" for problem in problems[:MOST_SHOWN]]
    left = len(problems) - MOST_SHOWN
    return [*lines, f"and {left:,} more; mend these first, or list all: wanflow check --json"] if left > 0 else lines


def unexpected(error: BaseException, arguments: Sequence[str]) -> str:
    """Keep the traceback in a file, and say where: it is of use to us, not to the person."""
    lines = traceback.format_exception(error)
    brief = f"error: wanflow broke: {type(error).__name__}: {error}"
    try:
        log = log_file()
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"wanflow {' '.join(arguments)}\n\n{''.join(lines)}", encoding="utf-8")
    except (OSError, NoHome):
        return f"{brief}\n    show more: WANFLOW_DEBUG=1 wanflow {' '.join(arguments)}"
    return f"{brief}\n    this is a mistake of ours; the whole story is in {log}"


def log_file() -> Path:
    """Where the traceback of the last unexpected error is kept: under `$XDG_STATE_HOME`."""
    return state_folder() / "error.log"


def say(text: str) -> None:
    """A line on stderr."""
    click.echo(text, err=True)
