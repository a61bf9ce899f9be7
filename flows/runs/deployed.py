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

from flows.moments import SPAN
from flows.runs.due import LATE, deadline_at
from flows.runs.feed import FEED
from flows.runs.film_process import FilmProcess
from flows.runs.flow import Following, due_at, own_schedule, run_id, threads
from flows.runs.names import FLOW, REFUSED
from flows.runs.order import Order
from flows.runs.scheduled import Scheduled
from flows.runs.served import run_url, served
from flows.runs.suspending import suspend, take_answer
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
) -> State[Any]:
    """Makes a film of a storyboard: renders what is not in the store yet, and edits it.

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
        review: Render stills or short drafts of its shots first. Then the run waits as WaitingForReview, holding no
            GPU, until people have decided about them: Resume asks for it.
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
        answer=take_answer() if review else "",
    )
    asked_by = schedule or own_schedule()
    with FilmProcess(order, Path(told.folder)) as process:
        FEED.set(process.feed)
        state = _followed(process, Scheduled(asked_by, storyboard, at, late) if asked_by else None)
    last = process.feed.last
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
