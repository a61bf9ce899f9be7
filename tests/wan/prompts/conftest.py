from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.wan.prompts.endpoint import Endpoint, serving


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as one:
        yield one
