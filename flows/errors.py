"""Everything `flows` raises on purpose, and the exit code each one means.

FlowsError                     exit 1
├── UserError                  exit 2   the input is wrong; found before any GPU is asked for
│   ├── StoryboardError        one or more `Problem`s, each with file:line:col and a fix
│   │   └── TableError         of a batch's table and the films of its rows, each with file, row and column
│   ├── SettingsError          a bad override or configuration value
│   ├── MediaError             a file that is not the picture, sound or video it should be
│   └── EnvironmentProblem     no disk space, folder not writable, ffmpeg missing
│       └── Lacking            several of them, all reported at once
├── RenderError                a take could not be rendered; names shot, take and worker
│   └── CapReached             a cap was reached while a film was made; what is finished is kept
├── StoreError                 the store cannot be read or written
│   ├── BlobMissing
│   └── BlobCorrupt            bytes do not have the digest they are filed under
├── EditError                  ffmpeg failed; carries its last lines
├── ClusterLost                the Ray that renders is gone, with all its workers
└── Stopped                    exit 130 the person asked to stop
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a file: line and column count from 1, as editors do."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake: where, what, and what to do about it.

    `shot` is the shot's full id when it is inside one; `source` the line of the file it stands on.
    """

    place: Place | None
    message: str
    fix: str | None = None
    shot: str | None = None
    source: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        shot = f"shot {self.shot}: " if self.shot else ""
        line = f"\n{self.excerpt()}" if self.source else ""
        fix = f"\n    {self.fix}" if self.fix else ""
        return f"{where}{shot}{self.message}{line}{fix}"

    def excerpt(self, width: int = 100) -> str:
        """The line, cut to `width` characters around the place, with a caret under it; empty if it is not known."""
        if not self.source or self.place is None:
            return ""
        start = max(0, self.place.column - 1 - width // 2)
        caret = " " * (self.place.column - 1 - start)
        return f"    {self.source[start : start + width]}\n    {caret}^"


class FlowsError(Exception):
    """The root of all deliberate errors of this package."""

    exit_code = 1


class UserError(FlowsError):
    """The person's input is wrong; nothing was written and no GPU was asked for."""

    exit_code = 2


class StoryboardError(UserError):
    """One or more problems of a storyboard (or of the plan made from it), all reported at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class TableError(StoryboardError):
    """What is wrong with a batch's table and the films of its rows. A problem's line is the row, its column that of the
    table; `told` says all of them as people read it, rows that have one fault together."""

    def __init__(self, problems: Sequence[Problem], told: Sequence[str]) -> None:
        super().__init__(problems)
        self.told = tuple(told)
        self.args = ("\n".join(self.told),)


class SettingsError(UserError):
    """A configuration group, key or value that does not exist; the message names the nearest one."""


class MediaError(UserError):
    """A file that is not the picture, sound or video it should be, or is broken; the message names the file. `fix`, if
    it is known, says what to do about it."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        self.message, self.fix = message, fix
        super().__init__(message)

    def __reduce__(self) -> tuple[type[MediaError], tuple[str, str | None]]:
        return type(self), (self.message, self.fix)


class EnvironmentProblem(UserError):
    """The machine cannot do it: no space, a folder that cannot be written, a program that is missing."""


class Lacking(EnvironmentProblem):
    """Everything that a film needs and that is not here: checkpoints, LoRAs, GPUs. `faults`: each with its fix."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class RenderError(FlowsError):
    """Takes that could not be rendered, a problem each: shot, which take if it is not the first, worker, cause."""

    def __init__(self, summary: str, problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        takes = [f"    {problem.shot}: {problem.message}" for problem in self.problems]
        super().__init__("\n".join([f"{summary}:", *takes]) if takes else summary)


class CapReached(RenderError):
    """What may be spent is: no further clip was begun. What is finished is kept."""


class ClusterLost(FlowsError):
    """The Ray that renders a film is gone, with all its workers; what is finished is kept."""


class StoreError(FlowsError):
    """The store cannot be read or written."""


class BlobMissing(StoreError):
    """No blob of that digest is in the store."""


class BlobCorrupt(StoreError):
    """The stored bytes do not have the digest they are filed under."""


class EditError(FlowsError):
    """ffmpeg failed; the message carries its last lines."""


class Stopped(FlowsError):
    """The person asked to stop; finished takes are kept."""

    exit_code = 130
