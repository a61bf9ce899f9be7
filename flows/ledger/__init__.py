"""The record of every take, for people and programs: Parquet rows in the store, written by many at once.

`append_rows` and `read_history` import pyarrow when they are called; `read_timings`, which planning needs, does not.
"""

from __future__ import annotations

from flows.ledger.chosen import Chosen, Columns
from flows.ledger.history import Compacted, append_rows, compact, ledger_files, read_columns, read_history
from flows.ledger.overheads import Overheads, learn_film, read_overheads
from flows.ledger.rows import LedgerRow
from flows.ledger.timings import Estimate, Timings, forwards, read_timings

__all__ = [
    "Chosen",
    "Columns",
    "Compacted",
    "Estimate",
    "LedgerRow",
    "Overheads",
    "Timings",
    "append_rows",
    "compact",
    "forwards",
    "learn_film",
    "ledger_files",
    "read_columns",
    "read_history",
    "read_overheads",
    "read_timings",
]
