"""stdout and stderr that never fail: a pipe whose reader has gone, a full disk, a terminal without UTF-8, a closed one.

A film in the making is not lost over its own report, so what cannot be said is dropped, and told once at the end.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from types import MappingProxyType
from typing import BinaryIO

PLAIN: Mapping[str, str] = MappingProxyType(
    {"→": "->", "…": "...", "✓": "ok", "✗": "no", "×": "x", "–": "-", "·": "-", "•": "*", "\u00a0": " "}
)
"""Signs of ours for terminals that do not have them."""
_GONE = frozenset({errno.EPIPE, errno.EBADF})


class Patient(io.RawIOBase):
    """A file descriptor that takes everything. `error` is the first that kept something from being written."""

    def __init__(self, number: int) -> None:
        self.error: OSError | None = None
        self._number = number

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]  # as the base class has it: any buffer
        sent = 0
        while self.error is None and sent < view.nbytes:
            try:
                sent += os.write(self._number, view[sent:])
            except BlockingIOError:
                time.sleep(0.01)
            except OSError as error:
                self.error = error
        return view.nbytes

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._number

    def isatty(self) -> bool:
        return os.isatty(self._number)


def prepare() -> Patient:
    """Make `sys.stdout` and `sys.stderr` ones that never fail, with signs that they can show. Returns stdout's own."""
    for number in (0, 1, 2):  # a closed one would be given to the next file that is opened
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    codecs.register_error("wanflow", _plain)
    stdout, stderr = Patient(1), Patient(2)
    sys.stdout = _text(stdout, sys.stdout, line_buffering=stdout.isatty())
    sys.stderr = _text(stderr, sys.stderr, line_buffering=True)
    return stdout


@contextmanager
def stdout_alone() -> Iterator[BinaryIO]:
    """Whatever is printed inside, by any library or process, goes to stderr; what is given stands for stdout."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield io.BufferedWriter(Patient(kept))
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _text(raw: Patient, before: object, *, line_buffering: bool) -> io.TextIOWrapper:
    encoding = getattr(before, "encoding", None) or "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, "wanflow", line_buffering=line_buffering)


def close(stdout: Patient, code: int) -> int:
    """The exit code of a command that ends with `code`: 2 if a disk did not take what it had to say. A reader that
    has gone has read enough."""
    with suppress(ValueError):  # somebody closed it
        sys.stdout.flush()
    error = stdout.error
    if error is None or error.errno in _GONE:
        return code
    sys.stderr.write(f"error: what was to be printed could not be written: {error.strerror}\n")
    return code or 2


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(PLAIN.get(sign) or sign.encode("ascii", "backslashreplace").decode() for sign in text), error.end
