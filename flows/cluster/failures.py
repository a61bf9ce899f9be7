"""Which failures another attempt can mend."""

from __future__ import annotations

from flows.errors import BlobCorrupt, BlobMissing, UserError
from wan.errors import CheckpointError, RequestError, StateError

FINAL: tuple[type[Exception], ...] = (
    RequestError,
    CheckpointError,
    StateError,
    UserError,
    BlobMissing,
    BlobCorrupt,
    ImportError,
)
"""The same clip fails the same way on every worker: a request the variant cannot serve, a checkpoint of another kind,
an input that is not what its digest says, an installation that lacks a module. Everything else (a device out of
memory, a file system that hiccups) is tried again."""


def is_final(error: BaseException) -> bool:
    """Whether trying again is of no use."""
    return isinstance(error, FINAL)


def in_one_line(error: BaseException) -> str:
    """What a person reads in a list of failures: the message, with the type unless it is one of ours."""
    text = " ".join(str(error).split())
    ours = type(error).__module__.partition(".")[0] in ("flows", "wan")
    return text if ours and text else f"{type(error).__name__}: {text}".rstrip(": ")
