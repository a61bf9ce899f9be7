"""What `wanflow notify` prints with `--json`."""

from __future__ import annotations

from typing import Annotated, TypedDict

from flows.cli.forms.envelope import Envelope


class NotifyForm(TypedDict):
    """Who is told by the Prefect server. Its address is kept there, and said nowhere."""

    name: str
    way: Annotated[str, "`webhook` or `email`"]
    on: Annotated[list[str], "of what: `done`, `partly`, `failed`, `review`, `budget`, `missed`, `skipped`"]
    active: Annotated[bool, "false: its automation is switched off in Prefect"]


class NotifyDocument(Envelope):
    """`wanflow notify add`, `list`, `test` and `remove`."""

    notified: list[NotifyForm]
