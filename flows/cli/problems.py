"""From an error to its exit code, its kind, and the problems that programs read: one table for all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from flows import errors as ours
from wan import errors as of_wan

if TYPE_CHECKING:
    from flows.cli.forms.envelope import ProblemForm, Severity

STOPPED = 130
STOPPED_BY_HAND = "stopped; finished takes are kept, and the same command goes on from there"
INTERNAL = "internal"
"""The code of an error that nobody foresaw."""

CODES: Mapping[type[BaseException], str] = MappingProxyType(
    {
        ours.StoryboardError: "storyboard",
        ours.TableError: "table",
        ours.SettingsError: "settings",
        ours.MediaError: "media",
        ours.Lacking: "missing",
        ours.EnvironmentProblem: "environment",
        ours.UserError: "input",
        ours.CapReached: "cap",
        ours.RenderError: "render",
        ours.BlobMissing: "store",
        ours.BlobCorrupt: "store",
        ours.StoreError: "store",
        ours.EditError: "edit",
        ours.ClusterLost: "cluster",
        ours.Stopped: "stopped",
        ours.FlowsError: "failed",
        of_wan.RequestError: "request",
        of_wan.NoCheckpoint: "missing",
        of_wan.CheckpointError: "checkpoint",
        of_wan.NumbersError: "numbers",
        of_wan.StateError: "state",
        of_wan.HubRefusal: "hub-refusal",
        of_wan.HubError: "hub",
        of_wan.ModelUnavailable: "prompt",
        of_wan.PromptError: "prompt",
        of_wan.GangError: "gang",
        of_wan.OtherFailed: "gang",
        of_wan.Cancelled: "stopped",
        of_wan.NoHome: "environment",
        of_wan.WanError: "failed",
        click.Abort: "stopped",
        click.ClickException: "usage",
        KeyboardInterrupt: "stopped",
        ModuleNotFoundError: "environment",
        BaseException: INTERNAL,
    }
)
"""The nearest class of an error decides."""

MEANINGS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "storyboard": (2, "the storyboard, or the plan made from it"),
        "table": (2, "a batch's table, or the film of one of its rows: `line` is the row, `column` that of the table"),
        "settings": (2, "a configuration group, key or value"),
        "media": (2, "a file that is not the picture, sound or video it should be"),
        "missing": (2, "a checkpoint, LoRA, model or GPU that is not here"),
        "environment": (2, "the machine: no space, a folder that cannot be written, a program that is missing"),
        "input": (2, "what was asked for cannot be done"),
        "usage": (2, "the command line"),
        "request": (2, "a clip that the variant cannot make"),
        "checkpoint": (2, "weights that are missing, incomplete or of another kind"),
        "hub-refusal": (2, "a pull that cannot work as asked: name, room, access"),
        "hub": (1, "the network; the same pull goes on from what had arrived"),
        "broken": (1, "a model whose files are not whole"),
        "numbers": (1, "a model gave no numbers (NaN, infinity); the message says where they come from"),
        "prompt": (1, "a prompt that could not be extended"),
        "render": (1, "takes that could not be rendered; what is finished is kept"),
        "cap": (
            1,
            "what may be spent is (`cost.cap`); what is finished is kept, and the same command with more goes on",
        ),
        "store": (1, "the store cannot be read or written"),
        "edit": (1, "ffmpeg"),
        "cluster": (1, "the cluster was lost in the middle; what is finished is kept, and the same command goes on"),
        "gang": (1, "one of the processes that render a clip together was lost, or did not come"),
        "state": (1, "a saved state of a clip that does not belong to it"),
        "failed": (1, "anything else that is expected to fail"),
        "internal": (1, "a mistake of ours; where the whole story is kept is in the message"),
        "stopped": (STOPPED, "Ctrl-C or SIGTERM; finished takes are kept, and the same command goes on"),
    }
)
"""What each code is about, and the exit code of a command that ends with it."""

WARNING = "warning"
"""The code of what is only worth a word."""

_PLACE = re.compile(r"(?P<file>[^\s:][^:\n]*):(?P<line>\d+):(?P<column>\d+): ")


def code_of(error: BaseException) -> str:
    """The kind of an error."""
    return next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)


def exit_code(error: BaseException) -> int:
    """What the process ends with."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 1
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException | ours.FlowsError):
        return error.exit_code
    return MEANINGS[code_of(error)][0]


def mistakes(error: BaseException) -> Sequence[ours.Problem | str]:
    """Everything that an error says, each mistake for itself: people and programs are told of the same ones."""
    match error:
        case ours.StoryboardError() | ours.RenderError() if error.problems:
            return error.problems
        case ours.Lacking():
            return error.faults
        case click.ClickException():
            return [error.format_message()]
    return [str(error) or STOPPED_BY_HAND]


def problems_of(error: BaseException) -> list[ProblemForm]:
    """The mistakes as programs read them."""
    code = code_of(error)
    return [from_text(each, code) if isinstance(each, str) else of_problem(each, code) for each in mistakes(error)]


def of_problem(problem: ours.Problem, code: str, severity: Severity = "error") -> ProblemForm:
    """A problem as programs read it."""
    place = problem.place
    return {
        "severity": severity,
        "code": code,
        "message": problem.message,
        "fix": problem.fix,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "shot": problem.shot,
    }


def from_text(text: str, code: str, severity: Severity = "error") -> ProblemForm:
    """A message as people read it: a place in front, and what to do on lines of its own."""
    return of_problem(parsed(text), code, severity)


def parsed(text: str) -> ours.Problem:
    """The problem that such a message is about."""
    match = _PLACE.match(text)
    place = ours.Place(match["file"], int(match["line"]), int(match["column"])) if match else None
    message, _, fix = text[match.end() if match else 0 :].partition("\n")
    return ours.Problem(place, message, " ".join(fix.split()) or None)
