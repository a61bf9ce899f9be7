"""Ray prints what its processes report (a worker that died, a dump of its state when it dies itself) on stdout, in
colour, whatever `log_to_driver` says. The pool says what happened in its own words, and stdout may be a program's."""

from __future__ import annotations

import importlib


def keep_quiet() -> None:
    """For this process. Ray has no setting for it: one is the switch that its own debugger turns off, the other the
    thread that would print them. That thread also outlives its cluster, and would end in a traceback."""
    worker = importlib.import_module("ray._private.worker")
    worker._worker_logs_enabled = False  # type: ignore[attr-defined]
    worker.listen_error_messages = _listen_to_nothing  # type: ignore[attr-defined]


def _listen_to_nothing(*_: object) -> None:
    pass
