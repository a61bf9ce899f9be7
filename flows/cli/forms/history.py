"""What `wanflow history` prints with `--json`."""

from __future__ import annotations

from typing import Annotated, Any

from flows.cli.forms.envelope import Envelope
from flows.fields import Written
from flows.ledger.rows import LedgerRow
from flows.ledger.sums import Sum


class HistoryDocument(Envelope):
    """`wanflow history`."""

    takes: Annotated[
        list[Annotated[dict[str, Any], Written(LedgerRow)]], "clips of takes, newest first; none with `--by`"
    ]
    sums: Annotated[list[Annotated[dict[str, Any], Written(Sum)]], "with `--by`"]
    total: Annotated[dict[str, Any], Written(Sum)]


class HistoryPageDocument(Envelope):
    """`wanflow history --plot`."""

    page: Annotated[str, "path"]
    rows: Annotated[int, "of the ledger that it is of"]
