"""The pool's queue on a virtual clock, beside a plain queue and a model of Ray's ActorPool; and what it costs.

    python -m benchmarks.pool [--seeds 20] [--workers 8 64] [--clips 1000]     # about five minutes of one core
    python -m benchmarks.pool --cost                                           # 10,000 clips queued, real clock

The queue is the real one (`flows.cluster.queue`); workers are numbers that load and render for as long as was measured
on H200s (`benchmarks.pool_work`). Prints a row a seed and the table of docs/benchmarks.md.

    busy        worker-seconds of loading and rendering ÷ (workers × makespan): start and tail are in it
    rendering   the same without loading
    at most     busy of a run that ends at the bound with one load a worker: to render and to load that much, no order
                takes fewer seconds; what is below the bar there is said
    bound       seconds that no order can go below (`benchmarks.pool_clock.lower_bound`)
    foreseen    of the loads after a worker's first, those whose model was named when the clip before was done, and so
                long before that its files were read; and of the hints that stood then, those that were right
    small film  seconds from the submission of a film of at most 20 clips to its end ÷ its longest chain, mean
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.pool_clock import SCHEDULERS, longest_chain, lower_bound, simulate
from benchmarks.pool_work import LOAD_SECONDS, Film, Work, work_of
from flows.cluster.queue import ClipQueue, FilmOrder

SMALL = 20
BAR = 0.97
"""Busy."""


@dataclass(frozen=True, slots=True)
class Row:
    """One scheduler, one seed. `ratio`: makespan ÷ bound; `ceiling`: busy, if the makespan were the bound and every
    worker had loaded once."""

    seed: int
    scheduler: str
    why: str
    bound: float
    ratio: float
    busy: float
    rendering: float
    loads: int
    small: float
    ceiling: float
    foreseen: Counter[str]


def rows_of(seed: int, clips: int, workers: int) -> list[Row]:
    work = work_of(seed, clips, workers)
    bound, why = lower_bound(work, workers)
    rows = []
    for name in SCHEDULERS:
        run = simulate(work, workers, name, seed)
        room = workers * run.makespan
        small = [_stretch(film, work, run.finished) for film in work.films if len(film.clips) <= SMALL]
        rows.append(
            Row(
                seed,
                name,
                why,
                bound,
                run.makespan / bound,
                (run.rendering + run.loading) / room,
                run.rendering / room,
                run.loads,
                statistics.mean(small) if small else 0.0,
                ceiling(work, workers, bound),
                run.foreseen,
            )
        )
    return rows


def ceiling(work: Work, workers: int, bound: float) -> float:
    """Busy, if all is done at the bound and every worker has loaded once. What is loaded beyond that is busy, too, and
    brings nothing nearer to its end."""
    return (sum(work.takes.values()) + workers * LOAD_SECONDS) / (workers * bound)


def out_of_reach(rows: Sequence[Row]) -> str:
    """Seeds that no order can keep busy by the bar, each with what it can."""
    found = {row.seed: row.ceiling for row in rows if row.ceiling < BAR}
    told = ", ".join(f"{seed} (at most {100 * share:.1f} %)" for seed, share in found.items())
    return f"seeds whose bound alone is less than {100 * BAR:.0f} % busy: {told or 'none'}"


def _stretch(film: Film, work: Work, finished: dict[str, float]) -> float:
    return (finished[film.name] - film.at) / longest_chain(film, work)


def table(workers: int, rows: Sequence[Row]) -> list[str]:
    """Markdown: a line for each scheduler, means and worst over the seeds."""
    lines = []
    for name in SCHEDULERS:
        mine = [row for row in rows if row.scheduler == name]
        lines.append(
            f"| {workers} | {name} | {_mean(mine, 'ratio'):.3f} | {max(row.ratio for row in mine):.3f} "
            f"| {100 * _mean(mine, 'busy'):.1f} % | {100 * min(row.busy for row in mine):.1f} % "
            f"| {100 * _mean(mine, 'rendering'):.1f} % | {_mean(mine, 'loads'):.0f} | {_mean(mine, 'small'):.1f} |"
        )
    return lines


def foresight(workers: int, rows: Sequence[Row]) -> str:
    """Markdown: what was foreseen by our queue, over the seeds."""
    found = sum((row.foreseen for row in rows if row.scheduler == "wanflow"), Counter[str]())
    named, read = found["named"] / found["loads"], found["read"] / found["loads"]
    right = 1 - found["wrong"] / max(1, found["hints"])
    return f"| {workers} | {found['loads']} | {100 * named:.1f} % | {100 * read:.1f} % | {100 * right:.1f} % |"


def _mean(rows: Sequence[Row], field: str) -> float:
    return statistics.mean(float(getattr(row, field)) for row in rows)


def cost(clips: int) -> None:
    """What the queue costs with so many clips in it: CPU seconds of this process; bytes, when it is used again."""
    work = work_of(0, clips, 64)
    queue = _queue(64)
    added = _submit(queue, work)
    leases, worst, took = _render_all(queue, random.Random(0))
    print(
        f"{clips} clips of {len(work.films)} films, 64 workers: submit {1000 * added / clips:.3f} ms a clip, "
        f"lease {1000 * took / leases:.2f} ms, the longest {1000 * worst:.0f} ms"
    )
    queue = _queue(64)
    tracemalloc.start()
    for _ in range(2):
        _submit(queue, work)
        full = tracemalloc.get_traced_memory()[0]
        _render_all(queue, random.Random(0))
        for film in work.films:
            queue.withdraw(film.name)
        print(
            f"{full / 1e6:.1f} MB with all in it, {tracemalloc.get_traced_memory()[0] / 1e6:.2f} MB when they are gone"
        )


def _submit(queue: ClipQueue, work: Work) -> float:
    start = time.process_time()
    for film in work.films:
        queue.enrol(FilmOrder(film=film.name, title=film.name))
        queue.add(film.clips, film.name)
    return time.process_time() - start


def _queue(workers: int) -> ClipQueue:
    queue = ClipQueue(attempts=3)
    for number in range(workers):
        queue.health.join(f"worker-{number}")
        queue.started(f"worker-{number}", f"node-{number}")
    return queue


def _render_all(queue: ClipQueue, dice: random.Random) -> tuple[int, float, float]:
    """Workers take turns until nothing is left. How many leases were asked for, the longest and all together."""
    warm = {name: frozenset[str]() for name in queue.health.running}
    busy: dict[str, tuple[float, str]] = {}
    leases, worst, took, now = 0, 0.0, 0.0, 0.0
    while queue.unsettled:
        for name in dice.sample(sorted(warm), len(warm)):
            if name in busy and busy[name][0] <= now:
                queue.finish(busy.pop(name)[1])
            if name not in busy:
                start = time.process_time()
                lease = queue.lease(name, warm[name], now)
                spent = time.process_time() - start
                leases, worst, took = leases + 1, max(worst, spent), took + spent
                if lease is not None:
                    warm[name] = frozenset({lease.clip.model})
                    busy[name] = (now + lease.clip.estimated_seconds, lease.clip.fingerprint)
        now = min((end for end, _ in busy.values()), default=now + 5)
    return leases, worst, took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--workers", type=int, nargs="+", default=[8, 64])
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--cost", action="store_true", help="what the queue itself costs, with 10,000 clips")
    given = parser.parse_args()
    if given.cost:
        cost(10_000)
        return
    lines = [
        "| workers | scheduler | makespan ÷ bound | worst | busy | worst | rendering | loads | small film |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    ahead = [
        "| workers | later loads | named | files read | hints that were right |",
        "| --- | --- | --- | --- | --- |",
    ]
    for workers in given.workers:
        rows = []
        for seed in range(given.seeds):
            for row in rows_of(seed, given.clips, workers):
                rows.append(row)
                print(
                    f"{workers} workers, seed {seed}, {row.scheduler}: {row.ratio:.3f} of {row.bound:.0f} s "
                    f"({row.why}), busy {row.busy:.3f} of at most {row.ceiling:.3f}, rendering {row.rendering:.3f}, "
                    f"{row.loads} loads, small film {row.small:.1f}",
                    flush=True,
                )
        lines += table(workers, rows)
        print(f"{workers} workers, {out_of_reach(rows)}")
        ahead.append(foresight(workers, rows))
    print("\n".join([*lines, "", *ahead]))


if __name__ == "__main__":
    main()
