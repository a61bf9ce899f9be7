"""Everything `wan` raises on purpose.

WanError
├── RequestError      a clip was asked for that the variant cannot make (the asker's mistake)
├── CheckpointError   a checkpoint directory is missing, incomplete or of another kind
│   └── NoCheckpoint  there is none at all
├── NumbersError      a model gave no numbers (NaN, infinity); says where they come from
├── StateError        a saved state does not fit the pipeline that should go on with it
├── GangError         the processes that render a clip together lost one of them, or never met
├── OtherFailed       of the processes that render a clip together another one could not do its own part; all are there
├── HubError          a hub was out of reach, cut off or answered wrongly; what had arrived is kept
│   └── HubRefusal    nothing was fetched, and the asker has to change something: a name, room on the disk, a token
├── PromptError       a prompt could not be extended: no answer of the model was of use
│   └── ModelUnavailable   the model or endpoint that extends prompts cannot be used at all
├── NoHome            nobody says where this user's files are kept
└── Cancelled         the caller asked to stop; the state reached so far is attached, if there is one
"""

from __future__ import annotations

from typing import Any, Literal


class WanError(Exception):
    """The root of all deliberate errors of this package."""


class RequestError(WanError, ValueError):
    """A request the variant cannot serve; the message names the field and the nearest valid value."""


class CheckpointError(WanError):
    """A checkpoint directory that is missing, incomplete or not in diffusers layout."""


class NoCheckpoint(CheckpointError):
    """Nothing that could be the checkpoint is in any of the places where it is looked for."""


class StateError(WanError):
    """A saved state that does not belong to this pipeline or this request."""


class NumbersError(WanError):
    """A model gave values that are not finite. `source` is where they come from: a `lora` or `weights` of a checkpoint
    that hold such values themselves, or `unknown`: an overflow, a kernel, a GPU."""

    def __init__(self, message: str, source: Literal["lora", "weights", "unknown"] = "unknown") -> None:
        super().__init__(message)
        self.source = source


class GangError(WanError):
    """Of the processes that render a clip together one was lost, failed, or did not come; it says which and why."""


class OtherFailed(WanError):
    """Of the processes that render a clip together another one could not do what each does by itself; it knows why. All
    are there, and go on with the next clip."""


class PromptError(WanError):
    """No answer of the model can serve as a prompt. `again`: whether asking once more could help."""

    def __init__(self, message: str, *, again: bool = True) -> None:
        super().__init__(message)
        self.again = again


class ModelUnavailable(PromptError):
    """The model or endpoint that extends prompts cannot be used, whatever the prompt is.

    `after`: the seconds that the endpoint asked to be left alone for, if it did.
    """

    def __init__(self, message: str, *, again: bool = True, after: float | None = None) -> None:
        super().__init__(message, again=again)
        self.after = after


class HubError(WanError):
    """A model hub was out of reach, cut off or answered wrongly; the same pull again goes on from what had arrived."""


class HubRefusal(HubError):
    """A pull that cannot work as asked: unknown name, no room, a folder that cannot be written, access not granted."""


class NoHome(WanError, OSError):
    """This user has no home folder, and no variable names another place for what would be kept there."""


class Cancelled(WanError):
    """Raised when the caller's `should_stop` said so. `state` is what `advance` reached, a `wan.state.State`, which can
    be saved and continued; None while weights are loaded, inputs read or frames made."""

    def __init__(self, state: Any = None) -> None:
        super().__init__("stopped" if state is None else f"stopped after step {state.step}")
        self.state = state
