"""What `wanflow pool` prints with `--json`."""

from __future__ import annotations

from typing import Annotated, Any

from flows.cli.forms.envelope import Envelope
from flows.cluster.queue import Waiting
from flows.cluster.status import FilmStatus, PoolStatus
from flows.fields import Written


class PoolStatusDocument(Envelope):
    """`wanflow pool status`."""

    pool: Annotated[dict[str, Any], Written(PoolStatus)]


class PoolQueueDocument(Envelope):
    """`wanflow pool queue`."""

    clips: Annotated[list[Annotated[dict[str, Any], Written(Waiting)]], "in the order they will be rendered"]
    films: list[Annotated[dict[str, Any], Written(FilmStatus)]]
