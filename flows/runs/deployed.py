"""The flow that is deployed: a film of a storyboard, asked for in the Prefect UI, by a schedule, by `wanflow submit`.

The film is made by a process of its own (`flows.runs.filming`), and shown by the very code that shows films which
people render (`flows.runs.flow`): whatever becomes of Prefect, the film is made.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.exceptions import TerminationSignal
from prefect.states import Failed
from pydantic import Field

from flows.batch.asked import MOST_FILMS
from flows.moments import SPAN
from flows.runs.due import LATE, deadline_at
from flows.runs.feed import FEED
from flows.runs.film_process import FilmProcess
from flows.runs.flow import Following, due_at, own_schedule, run_id, threads
from flows.runs.names import FLOW, REFUSED
from flows.runs.order import BatchOrder, Order
from flows.runs.scheduled import Scheduled
from flows.runs.served import run_url, served
from flows.runs.suspending import answer, forget_answer, suspend
from flows.runs.tasks import as_state

LEAST, MOST = -1000, 1000
"""Bounds of a priority."""
NONE: list[str] = []
"""What the form begins with."""
NOT_SERVED = "films are made by machines that serve: start one with `wanflow serve`, not with a worker of Prefect alone"


@flow(name=FLOW, retries=0, persist_result=False, task_runner=threads())
def film(
    storyboard: str,
    overrides: list[str] = NONE,
    only: list[str] = NONE,
    priority: Annotated[int, Field(ge=LEAST, le=MOST)] = 0,
    deadline: datetime | None = None,
    store: str = "",
    schedule: str = "",
    late: Annotated[str, Field(pattern=f"^{SPAN}$")] = LATE,
    deadline_in: Annotated[str, Field(pattern=f"^({SPAN})?$")] = "",
    review: Literal["", "stills", "draft"] = "",
    table: str = "",
    matrix: list[str] = NONE,
    film_name: str = "",
    batch_name: str = "",
    ignore: list[str] = NONE,
    sheet: str = "",
    skip_bad: bool = False,
    max_films: Annotated[int, Field(ge=1, le=1_000_000)] = MOST_FILMS,
) -> State[Any]:
    """Makes a film of a storyboard, or one for each row of a table: renders what is not in the store yet, and edits it.

    Args:
        storyboard: A name (`paper_boat`) or a path on the machine that makes the film, or `sha256:...` of one that
            `wanflow submit` has sent to the store.
        overrides: Changes, one a line, as on the command line: `render=draft`, `model=wan22`, `storyboard.seed=3`,
            `storyboard.shots.drift.seed=3`. They come after those of the machine that makes the film.
        only: Render only these shots, and what they go on from: `river.drift`. The film is made too if the store has
            the others.
        priority: The film with the greatest number goes first, among those that wait and in a pool of workers; from
            -1000 to 1000.
        deadline: When the film should be there. Of films of one priority, the one that is nearer to miss it goes first.
        store: The address of the store to make it in, and that a sent storyboard is in. Empty: that of the machine.
        schedule: The name of the schedule that asks for it. Of one schedule no two films are made at a time.
        late: How much later than its time a film that a schedule asks for may begin, like 2h or 30m. One that cannot
            is not made, and its run ends as Missed.
        deadline_in: When it should be there, counted from its time, like 3h: instead of a deadline, for a schedule.
        review: Render stills or short drafts of its shots, of all films of a batch, first. Then the run waits as
            WaitingForReview, holding no GPU, until people have decided about them: Resume asks for it.
        table: A batch: a film for each row of this file (.csv, .jsonl, .parquet, .xlsx), whose columns are variables of
            the storyboard. A path on the machine that makes the films, or where `wanflow submit` says that it lies in
            what was sent. Empty: one film.
        matrix: Of a batch: combine each row with each of these values, a name a line: `locale=en,de`.
        film_name: Of a batch: what its films are called, `{{ sku }}-{{ locale }}`. Empty: their titles.
        batch_name: What the batch is called, its folder. Empty: storyboard and table.
        ignore: Of a batch: columns that no film needs.
        sheet: Of a spreadsheet. Empty: its first.
        skip_bad: Of a batch: make the films of rows that are right, and name the others.
        max_films: Of a batch: more are refused.
    """
    told = served()
    if told is None:
        return Failed(name=REFUSED, message=NOT_SERVED)
    run = run_id()
    at = due_at()
    by = deadline_at({"deadline_in": deadline_in}, at) or deadline
    order = Order(
        storyboard=storyboard,
        overrides=(*told.overrides, *overrides),
        only=tuple(only),
        store=store or None,
        priority=priority,
        deadline=by.isoformat() if by else None,
        run=run,
        url=run_url(told.url, run),
        review=review,
        answer=answer() if review else "",
        batch=BatchOrder(
            table=table,
            matrix=tuple(matrix),
            name=film_name or None,
            called=batch_name or None,
            ignored=tuple(ignore),
            sheet=sheet or None,
            skip_bad=skip_bad,
            most=max_films,
        )
        if table
        else None,
    )
    asked_by = schedule or own_schedule()
    with FilmProcess(order, Path(told.folder)) as process:
        FEED.set(process.feed)
        state = _followed(process, Scheduled(asked_by, storyboard, at, late) if asked_by else None)
    last = process.feed.last
    if order.answer and last is not None and last.how not in ("crashed", "cancelled"):
        forget_answer()
    if last is not None and last.how == "waits" and process.feed.asked is not None:
        suspend(process.feed.asked, last.message)
    return state


def _followed(process: FilmProcess, scheduled: Scheduled | None) -> State[Any]:
    """To the film's end. If Prefect cannot show it, nobody looks, and the film is made all the same."""
    following, shown = Following(process.feed, scheduled), True
    while True:
        try:
            return following.to_the_end() if shown else as_state(process.feed.end())
        except TerminationSignal:  # cancelled, or the machine stops serving
            process.stop()
        except Exception:  # noqa: BLE001  # whatever Prefect's client may raise: said, and the film goes on
            get_run_logger().warning("not everything of this film could be shown", exc_info=True)
            shown = False
