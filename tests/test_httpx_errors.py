"""The list of what httpx raises is whole."""

from __future__ import annotations

import httpx

from tests.httpx_errors import ERRORS, MISUSE


def test_every_error_of_httpx_is_looked_at() -> None:
    kinds = {kind for kind in vars(httpx).values() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert {kind for kind in kinds if not issubclass(kind, MISUSE)} <= set(ERRORS)
