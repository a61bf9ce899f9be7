"""What a worker does with the runs of schedules that it does not make, once: python told_schedules.py. In a process of
its own, as `told_runs`."""

from __future__ import annotations

import asyncio

from flows.runs.names import POOL
from flows.runs.worker import FilmWorker


async def main() -> None:
    async with FilmWorker(POOL, name="told", create_pool_if_not_found=False) as worker:
        await worker.get_and_submit_flow_runs()


if __name__ == "__main__":
    asyncio.run(main())
