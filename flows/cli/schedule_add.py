"""What `wanflow schedule add` does: all is checked before anything is sent, and sent before it is scheduled."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.cli.document import envelope, warnings
from flows.cli.options import check_whole
from flows.cli.schedule_page import DEPLOYMENT_PAUSED, form_of
from flows.errors import StoryboardError, UserError
from flows.moments import span
from flows.runs.cron import check_cron
from flows.runs.schedule import check_name, fit_name
from flows.runs.zones import check_zone, own_zone

if TYPE_CHECKING:
    from flows.cli.forms.schedule import ScheduleAddDocument
    from flows.cli.sending import Checked
    from flows.cli.table_options import TableOptions
    from flows.config import Composition


@dataclass(frozen=True, slots=True)
class Wanted:
    """As it was typed."""

    storyboard: str
    overrides: tuple[str, ...]
    rows: TableOptions
    cron: str
    timezone: str | None
    name: str | None
    latest: bool
    late: str
    only: tuple[str, ...]
    priority: int
    deadline_in: str | None
    replace: bool
    review: str = ""


def schedule_film(wanted: Wanted, config_dir: Path | None) -> ScheduleAddDocument:
    """Raises UserError for every mistake, EnvironmentProblem where no server is, or no machine has offered films."""
    from flows.runs.schedules import Schedules
    from flows.runs.submitting import is_served, reached

    zone = check_zone(wanted.timezone) if wanted.timezone is not None else own_zone()
    check_cron(wanted.cron)
    late, by = _span("--late", wanted.late), _span("--deadline-in", wanted.deadline_in)
    if wanted.name is not None:
        check_name(wanted.name)
    if wanted.review:
        check_whole(wanted.only)
    checked, overrides, remarks = _checked(wanted, config_dir)
    name = wanted.name or check_name(fit_name(checked.name if checked else Path(wanted.storyboard).stem))
    with reached() as rest:
        schedules = Schedules(rest)
        schedules.check_new(name, replace=wanted.replace)
        how: dict[str, Any] = {
            "overrides": list(overrides),
            "only": list(wanted.only),
            "priority": wanted.priority,
            "late": late,
            "deadline_in": by,
            **({"review": wanted.review} if wanted.review else {}),
        }
        schedules.check_takes({**how, **_as_it_is(wanted)})
        what, asking = _what(wanted, checked)
        with asking:
            added = schedules.put(name, " ".join(wanted.cron.split()), zone, {**what, **how})
        served = is_served(rest)
        if schedules.paused:
            remarks.append(DEPLOYMENT_PAUSED)
        if not served:
            remarks.append(f"no machine serves films at {rest.url} now; on one that can: wanflow serve")
    title = checked.title if checked else wanted.storyboard
    return {
        **envelope("schedule add", problems=warnings(remarks)),
        "title": title,
        "schedule": form_of(added),
        "served": served,
    }


def _checked(wanted: Wanted, config_dir: Path | None) -> tuple[Checked | None, Sequence[str], list[str]]:
    """The storyboard without a fault, the overrides that go along, and what is worth a word. Of what is read anew each
    time, storyboard or table need not be here."""
    from flows.cli.sending import checked_here
    from flows.config import compose, sent_overrides

    if wanted.latest and (absent := _absent(wanted, compose(wanted.overrides, config_dir))):
        elsewhere = f"{absent} is not on this machine, so it was not checked; the machine that serves has it"
        return None, sent_overrides(wanted.overrides, config_dir), [elsewhere]
    checked = checked_here(wanted.storyboard, wanted.overrides, wanted.rows, wanted.only, config_dir)
    return checked, checked.overrides, [*checked.remarks]


def _absent(wanted: Wanted, composition: Composition) -> str | None:
    """What of storyboard and table is not on this machine."""
    from flows.project import named
    from flows.resources import storyboard_folders
    from flows.storyboard import find_storyboard

    try:
        find_storyboard(named(wanted.storyboard, composition), storyboard_folders())
    except StoryboardError:
        return wanted.storyboard
    table = wanted.rows.table
    return str(table) if table is not None and not table.exists() else None


def _what(wanted: Wanted, checked: Checked | None) -> tuple[dict[str, Any], AbstractContextManager[None]]:
    """What is made each time: as it was sent now, or as it is found then; and what takes it back if it is refused."""
    if wanted.latest or checked is None:
        return _as_it_is(wanted), nullcontext()
    sent = checked.send()
    what = {"storyboard": f"sha256:{sent.packed.digest}", "store": sent.store, **(sent.rows or {})}
    return what, sent.asking()


def _as_it_is(wanted: Wanted) -> dict[str, Any]:
    """As it is named here."""
    table = wanted.rows.table
    rows = wanted.rows.parameters(str(table)) if table is not None else {}
    return {"storyboard": wanted.storyboard, "store": "", **rows}


def _span(flag: str, text: str | None) -> str:
    """As it was typed; empty where nothing was. Raises UserError for what is no length of time, or none at all."""
    if text is None:
        return ""
    with suppress(ValueError):
        if span(text).total_seconds() > 0:
            return text
    raise UserError(f"{flag} {text[:100]}: this is no length of time\n    write 30m, 2h, 1h30m or 1d: {flag} 2h")
