"""Everything `wan` raises on purpose.

WanError
├── RequestError      a clip was asked for that the variant cannot make (the asker's mistake)
├── CheckpointError   a checkpoint directory is missing, incomplete or of another kind
├── StateError        a saved state does not fit the pipeline that should go on with it
└── Cancelled         the caller asked to stop; the state reached so far is attached
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wan.state import State


class WanError(Exception):
    """The root of all deliberate errors of this package."""


class RequestError(WanError, ValueError):
    """A request the variant cannot serve; the message names the field and the nearest valid value."""


class CheckpointError(WanError):
    """A checkpoint directory that is missing, incomplete or not in diffusers layout."""


class StateError(WanError):
    """A saved state that does not belong to this pipeline or this request."""


class Cancelled(WanError):
    """Raised by `advance` when the caller's `should_stop` said so; `state` can be saved and continued."""

    def __init__(self, state: State) -> None:
        super().__init__(f"stopped after step {state.step}")
        self.state = state
