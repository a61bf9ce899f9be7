"""How long the operations of a store take, told to whoever wants to know."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeAlias, cast

from flows.store.backend import Backend

Told: TypeAlias = Callable[[str, float], None]
"""The name of an operation of a back end (`OPERATIONS`), and the seconds that it took, whether it came to an end or
failed."""

OPERATIONS = frozenset(
    {"get", "put", "add", "remove", "present", "put_blob", "has_blob", "whole", "read_blob", "blob_file"}
)
"""Those that wait for a disk or a network, and are not lists that are read bit by bit."""


def timed(backend: Backend, told: Told) -> Backend:
    """The back end, which tells what each operation took."""
    return cast(Backend, _Timed(backend, told))


class _Timed:
    def __init__(self, backend: Backend, told: Told) -> None:
        self._backend = backend
        self._told = told

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._backend, name)
        if name not in OPERATIONS:
            return found

        def call(*arguments: Any) -> Any:
            start = time.perf_counter()
            try:
                return found(*arguments)
            finally:
                self._told(name, time.perf_counter() - start)

        return call
