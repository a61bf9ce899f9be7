"""CSV: UTF-8 with or without a mark, separated by commas, semicolons or tabs."""

from __future__ import annotations

import csv
from collections import Counter
from io import StringIO

from flows.batch.tables.table import Reading, Rows, Unreadable
from flows.storyboard.kinds import MAX_TEXT

MAX_BYTES = 256 * 2**20
DELIMITERS = (",", ";", "\t")
_UTF_16_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_SAVE = "save it as UTF-8 (spreadsheet programs call it “CSV UTF-8”)"


def read_delimited(reading: Reading) -> Rows:
    """Raises Unreadable."""
    text = decoded(reading)
    csv.field_size_limit(10 * MAX_TEXT)
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if cells:
                yield number, cells
    except csv.Error as error:
        row = number + 1
        reading.fault(
            f"the row cannot be read: {error}", "check the quotes: a quote inside quotes is written twice", row
        )
        raise Unreadable from error


def decoded(reading: Reading) -> str:
    """The file's text. Raises Unreadable for what is too large, binary, or in another encoding."""
    path = reading.path
    size = path.stat().st_size
    if size > MAX_BYTES:
        reading.fault(f"the file has {size >> 20:,} MiB", f"a table may have {MAX_BYTES >> 20} MiB: split it")
        raise Unreadable
    data = path.read_bytes()
    if data.startswith(_UTF_16_32) or (len(data) > 3 and (not any(data[1:200:2]) or not any(data[0:200:2]))):
        reading.fault("the file is in UTF-16 or UTF-32", _SAVE)
        raise Unreadable
    if b"\0" in data:
        reading.fault("the file is binary, not text", "give a table as .csv, .jsonl, .parquet or .xlsx")
        raise Unreadable
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        reading.fault(f"the file is not UTF-8 text: byte {data[error.start]:#04x}", _SAVE, row)
        raise Unreadable from error


def _delimiter(text: str) -> str:
    """What separates most cells of the header, outside of quotes."""
    counts: Counter[str] = Counter()
    quoted = False
    for character in text[:100_000]:
        if character == '"':
            quoted = not quoted
        elif not quoted and character in "\r\n" and counts.total():
            break
        elif not quoted and character in DELIMITERS:
            counts[character] += 1
    return max(DELIMITERS, key=lambda each: counts[each])
