"""How long `wanflow history` and the sum of a month take with a ledger of 100,000 rows, in eight files.

    python -m benchmarks.ledger_100k [--rows 100000]

Prints seconds of a processor (user and system), of the whole command and of the sum alone, as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.cost.month import spent_in_month
from flows.cost.prices import Prices
from flows.ledger import LedgerRow
from flows.ledger.parquet import to_parquet
from flows.store import open_store
from flows.store.layout import ledger_note
from tests.flows.made import a_spec

BEGIN = datetime(2026, 1, 5, 6, tzinfo=UTC)
FILES = 8
ASKED = ((), ("--by", "week"), ("--by", "film"), ("--film", "film-7"), ("--plot", "page.html"))


def rows(count: int) -> Iterator[LedgerRow]:
    """A year of films, most of them rendered."""
    chance = random.Random(4)
    for number in range(count):
        spec = a_spec(variant=chance.choice(("t2v-a14b", "i2v-a14b")), seed=number, checkpoint="c" * 64)
        took = chance.uniform(100, 300)
        film = f"film-{chance.randrange(200)}"
        yield LedgerRow(
            when=BEGIN + timedelta(minutes=5 * number),
            status=chance.choice(("rendered", "rendered", "cached")),
            film=film,
            slug=film,
            shot=f"a.s{number % 9}",
            take=1,
            clip=1,
            fingerprint=f"{number:064x}",
            spec=replace(spec, prompt="a boat " * 20),
            fps=16,
            seconds={"denoise": took},
            used_seconds=took,
            gpu="NVIDIA H200",
            cost=took / 1000,
            currency="EUR",
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    count = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        store = open_store(str(Path(folder) / "store"))
        made = list(rows(count))
        for part in range(FILES):
            data = to_parquet(made[part::FILES])
            store.put_note(ledger_note("20270101T000000Z", f"{part:016}"), data)
        results: dict[str, float] = {}
        for arguments in ASKED:
            results[" ".join(("history", *arguments))] = command(store.address, arguments)
        begin = time.process_time()
        spent_in_month(store, BEGIN + timedelta(days=100), "UTC", Prices({}, None, "EUR"))
        results["sum of a month"] = round(time.process_time() - begin, 2)
    print(json.dumps(results, indent=1))


def command(store: str, arguments: tuple[str, ...]) -> float:
    """Seconds of a processor of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "flows.cli", "history", f"store.address={store}", *arguments],
        check=True,
        capture_output=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2)


if __name__ == "__main__":
    main()
