"""Which rows of the ledger are meant, looked up in a few of its columns. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.ledger.rows import RowStatus, film_named

SOUGHT = ("when", "film", "slug", "shot", "status", "batch", "model", "spec.variant", "user", "failed_seconds")
"""The columns that `Chosen` looks at."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """`film` is a title, a slug, or of a batch `BATCH/SLUG`; `shot` a full id or its last part, `person` a user's name.
    From `since` to before `until`. `failed`: those that failed, or cost a GPU time for nothing."""

    film: str | None = None
    shot: str | None = None
    status: RowStatus | None = None
    batch: str | None = None
    model: str | None = None
    variant: str | None = None
    person: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    failed: bool = False

    def tests(self) -> Iterator[tuple[str, Callable[[Any], bool]]]:
        """What is asked of which column."""
        for column, value in (
            ("status", self.status),
            ("batch", self.batch),
            ("model", self.model),
            ("spec.variant", self.variant),
            ("user", self.person),
        ):
            if value is not None:
                yield column, value.__eq__
        if self.shot is not None:
            shot, last = self.shot, f".{self.shot}"
            yield "shot", lambda value: value == shot or value.endswith(last)
        if self.since is not None:
            yield "when", self.since.timestamp().__le__
        if self.until is not None:
            yield "when", self.until.timestamp().__gt__

    def of_two(self, columns: Columns, row: int) -> bool:
        """What is asked of two columns at once."""
        if self.film is not None:
            title, slug, batch = (columns[name][row] for name in ("film", "slug", "batch"))
            if self.film not in (title, slug, film_named(title, slug, batch)):
                return False
        return not self.failed or columns["status"][row] == "failed" or bool(columns["failed_seconds"][row])


class Columns:
    """Values by column, all of one length. `file` and `row` say where each row is from."""

    def __init__(self, values: Mapping[str, Sequence[Any]]) -> None:
        self._values = values

    @classmethod
    def joined(cls, paths: Collection[str], parts: Sequence[Mapping[str, Sequence[Any]]]) -> Columns:
        """One after the other."""
        values: dict[str, list[Any]] = {path: [] for path in (*paths, "file", "row")}
        for number, part in enumerate(parts):
            for path in paths:
                values[path].extend(part[path])
            length = len(values["when"]) - len(values["row"])
            values["file"].extend([number] * length)
            values["row"].extend(range(length))
        return cls(values)

    def __getitem__(self, column: str) -> Sequence[Any]:
        return self._values[column]

    def __len__(self) -> int:
        return len(self._values["when"])

    def only(self, chosen: Chosen) -> Columns:
        """The rows that are meant."""
        rows: Sequence[int] = range(len(self))
        for column, test in chosen.tests():
            values = self._values[column]
            rows = [row for row in rows if test(values[row])]
        if chosen.film is not None or chosen.failed:
            rows = [row for row in rows if chosen.of_two(self, row)]
        return self.take(rows)

    def distinct(self, key: Sequence[str]) -> Columns:
        """Each row once, by these columns."""
        seen: dict[tuple[Any, ...], int] = {}
        for row, values in enumerate(zip(*(self._values[name] for name in key), strict=True)):
            seen.setdefault(values, row)
        return self if len(seen) == len(self) else self.take(list(seen.values()))

    def take(self, rows: Sequence[int]) -> Columns:
        """These rows."""
        if len(rows) == len(self) and isinstance(rows, range):
            return self
        return Columns({name: [values[row] for row in rows] for name, values in self._values.items()})
