"""Writing the page of `wanflow history --plot`: what was rendered and what it cost, in charts, in one file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from statistics import median

from flows.ledger.chosen import Columns
from flows.ledger.sums import SUMMED, Sum, sums, times, together
from flows.report.charts import SERIES, Chart, columns, lines
from flows.report.templates import environment
from flows.words import money
from wan.system.files import write_atomically

PLOTTED = (
    *SUMMED,
    "seconds",
    "members",
    "spec.width",
    "spec.height",
    "spec.num_frames",
    "spec.sampling.num_inference_steps",
)
"""The columns that are needed."""
MOST_ROWS = 12
"""Films, models … that are shown; the others are one."""
MOST_WEEKS = 60
"""More are shown by month."""


@dataclass(frozen=True, slots=True)
class Part:
    """A line of a list: `hours` of GPUs and their `cost` in words; `long` is its part of the longest, `lost` how much
    of it came to nothing, both in percent."""

    of: str
    hours: float
    cost: str
    long: float
    lost: float


def write_history_page(rows: Columns, output: Path, zone: tzinfo | None, store: str) -> Path:
    """Write the page of these rows (of the columns `PLOTTED`), and return it. Nothing of it comes from elsewhere.

    Weeks and months are those of `zone` (None: this machine's). Raises OSError."""
    write_atomically(output, page(rows, zone, store))
    return output


def page(rows: Columns, zone: tzinfo | None, store: str) -> str:
    """The page as text."""
    total = together(sums(rows, None, zone))
    by_week = sums(rows, "week", zone)
    monthly = len(by_week) > MOST_WEEKS
    periods = sums(rows, "month", zone) if monthly else by_week
    names = _every([each.of for each in periods], monthly=monthly)
    found = {each.of: each for each in periods}
    said = names if monthly else [_monday(name) for name in names]
    in_order = [found.get(name, Sum(name)) for name in names]
    currency = max(total.cost, key=lambda each: total.cost[each], default="")
    when = (
        [datetime.fromtimestamp(value, zone) for value in (min(rows["when"]), max(rows["when"]))] if len(rows) else []
    )
    return (
        environment()
        .get_template("history.html.j2")
        .render(
            total=total,
            cost=_in_words(total),
            clips=total.rendered,
            currency=currency,
            period="month" if monthly else "week",
            hours=_hours(said, in_order),
            costs=columns(said, {"cost": [each.cost.get(currency, 0.0) for each in in_order]}, currency),
            wasted=lines(said, {"wasted": [_share(each) for each in in_order]}, "%"),
            pace=_pace(rows, names, said, zone, "%Y-%m" if monthly else "%G-W%V"),
            lists={by: _parts(sums(rows, by, zone)) for by in ("film", "model", "variant", "person", "gpu")},
            span=[f"{moment:%d %b %Y}" for moment in when],
            store=store,
        )
    )


def _hours(said: Sequence[str], periods: Sequence[Sum]) -> Chart:
    useful = [(each.used_seconds - each.wasted_seconds) / 3600 for each in periods]
    failed, repeated = (
        [getattr(each, name) / 3600 for each in periods] for name in ("failed_seconds", "repeated_seconds")
    )
    return columns(said, {"useful": useful, "failed": failed, "repeated": repeated}, "h")


def _share(one: Sum) -> float | None:
    return 100 * one.wasted_seconds / one.used_seconds if one.used_seconds else None


def _pace(rows: Columns, names: Sequence[str], said: Sequence[str], zone: tzinfo | None, form: str) -> Chart:
    """Seconds of denoising a step, the median of each period, of the kinds of clips that there are most of."""
    kinds: Counter[str] = Counter()
    took: dict[tuple[str, str], list[float]] = {}
    steps = rows["spec.sampling.num_inference_steps"]
    extents = zip(rows["spec.width"], rows["spec.height"], rows["spec.num_frames"], rows["members"], strict=True)
    each = zip(
        times(rows, form, zone), rows["status"], rows["spec.variant"], extents, rows["seconds"], steps, strict=True
    )
    for period, status, variant, (width, height, frames, members), seconds, count in each:
        denoise = dict(seconds or ()).get("denoise", 0.0)
        if status == "rendered" and denoise > 0 and count:
            kind = f"{variant} {width}×{height}×{frames}{f' by {members}' if (members or 1) > 1 else ''}"
            kinds[kind] += 1
            took.setdefault((kind, period), []).append(denoise / count)
    shown = sorted(kind for kind, _ in kinds.most_common(SERIES))
    series: Mapping[str, Sequence[float | None]] = {
        kind: [median(took[kind, name]) if (kind, name) in took else None for name in names] for kind in shown
    }
    return lines(said, series, "s a step")


def _parts(found: Sequence[Sum]) -> list[Part]:
    """The greatest, and what the others come to."""
    used = sorted((each for each in found if each.used_seconds), key=lambda each: -each.used_seconds)
    rest = together(used[MOST_ROWS:])
    if len(used) > MOST_ROWS:
        rest.of = f"{len(used) - MOST_ROWS:,} others"
        used = [*used[:MOST_ROWS], rest]
    longest = max((each.used_seconds for each in used if each is not rest), default=1.0)
    return [
        Part(
            each.of,
            each.used_seconds / 3600,
            _in_words(each),
            0.0 if each is rest else round(100 * each.used_seconds / longest, 2),
            round(100 * each.wasted_seconds / each.used_seconds, 2),
        )
        for each in used
    ]


def _in_words(one: Sum) -> str:
    return " + ".join(money(value, currency) for currency, value in sorted(one.cost.items()))


def _every(found: Sequence[str], *, monthly: bool) -> list[str]:
    """All weeks, or months, from the first to the last, also those without a row."""
    if not found:
        return []
    form, days = ("%Y-%m-%d", 27) if monthly else ("%G-W%V-%u", 7)
    day, last = (datetime.strptime(f"{name}-1", form).date() for name in (found[0], found[-1]))
    names: list[str] = []
    while day <= last:
        names.append(f"{day:%Y-%m}" if monthly else f"{day:%G-W%V}")
        day = (day + timedelta(days + 5)).replace(day=1) if monthly else day + timedelta(days)
    return names


def _monday(week: str) -> str:
    """`23 Nov`, of a week of ISO."""
    year, _, number = week.partition("-W")
    return f"{date.fromisocalendar(int(year), int(number), 1):%-d %b}"
