"""Caps of a batch, of each film and of all together: looked at before anything is begun, and watched afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from flows.batch.faults import Fault, table_error
from flows.batch.plan import BatchPlan, PlannedFilm
from flows.cost import CostEstimate, Meter, Prices, estimate_cost
from flows.cost.caps import FILM_OF_BATCH, Cap, caps_of, check_priced, most_said, needed, too_much
from flows.cost.estimate import estimate_clips, share
from flows.cost.guard import Guard
from flows.cost.month import spent_by_film
from flows.cost.opening import Wanted, open_guard
from flows.errors import UserError
from flows.person import person
from flows.planning import Clip
from flows.store import Store


def guard_of(
    plan: BatchPlan, films: Sequence[PlannedFilm], missing: Sequence[Clip], store: Store, meter: Meter
) -> Guard | None:
    """Of films of which these clips are about to be rendered; None: there are none, or no cap. Raises TableError with
    every film that would pass a cap of its own, and UserError for a batch that would."""
    check_films(plan, films, missing, store)
    wanted = Wanted(
        of="batch",
        name=plan.called,
        what=f"the batch {plan.called!r}",
        clips=[clip.fingerprint for clip in clips_of(films)],
        missing=missing,
        estimate=estimate_clips(missing, [planned.plan.totals for planned in plan.films], plan.settings),
        person=person(),
    )
    return open_guard(wanted, plan.settings, store, meter)


def check_films(plan: BatchPlan, films: Sequence[PlannedFilm], missing: Iterable[Clip], store: Store) -> None:
    """Raises TableError with every film that may pass its cap (UserError, of a sweep), SettingsError for a cap in money
    without prices."""
    caps = film_caps(plan, films, store)
    lacks = {clip.fingerprint: clip for clip in missing}
    dear: list[tuple[PlannedFilm, Cap, CostEstimate]] = []
    for planned in films if caps else ():
        cap = caps[planned.name]
        own = [lacks[clip.fingerprint] for clip in planned.plan.clips if clip.fingerprint in lacks]
        estimate = estimate_cost(planned.plan, own)
        if estimate.seconds:
            check_priced(cap, estimate, Prices.of(plan.settings.cost))
            if cap.passed(estimate.high):
                dear.append((planned, cap, estimate))
    if dear:
        raise _too_dear(plan, dear)


def _too_dear(plan: BatchPlan, dear: Sequence[tuple[PlannedFilm, Cap, CostEstimate]]) -> UserError:
    if plan.table is None:
        planned, cap, estimate = dear[0]
        return too_much(cap, estimate, f"the film {planned.name!r}", cap.before, less=FILM_OF_BATCH)
    _, cap, _ = dear[0]
    enough = max((needed(each, estimate, each.before) for _, each, estimate in dear), key=lambda amount: amount.value)
    fix = f"{cap.key}={enough} allows {'them' if dear[1:] else 'it'}, or render less: {FILM_OF_BATCH}"
    faults = [
        Fault(f"{cap.key}={cap.most}: the film '{planned.name}' {most_said(each, estimate)}", fix, planned.film.row)
        for planned, each, estimate in dear
    ]
    return table_error(plan.table, faults)


def film_caps(plan: BatchPlan, films: Sequence[PlannedFilm], store: Store) -> Mapping[str, Cap]:
    """That of each film, by name, with what the film has cost before on the clips that it has now; empty: there is
    none."""
    prices = Prices.of(plan.settings.cost)
    cap = next(caps_of(plan.settings.cost.cap, prices.currency, "film"), None)
    if cap is None:
        return {}
    names = {planned.name: {clip.fingerprint for clip in planned.plan.clips} for planned in films}
    spent = spent_by_film(store, plan.called, names, prices)
    return {name: replace(cap, before=spent[name].measured(cap.most)) if name in spent else cap for name in names}


def film_guard(planned: PlannedFilm, cap: Cap, clips: Iterable[Clip], meter: Meter) -> Guard:
    """Of one film, of which these clips are rendered on its account, as its meter has it."""
    settings, gpus = planned.plan.settings, planned.plan.totals.gpus
    part = share(settings, gpus)
    return Guard(clips, [cap], None, Prices.of(settings.cost), meter, gpus, part=part, warn_at=settings.cost.warn_at)


def clips_of(films: Iterable[PlannedFilm]) -> tuple[Clip, ...]:
    """Every clip of these films, once."""
    seen: dict[str, Clip] = {}
    for planned in films:
        for clip in planned.plan.clips:
            seen.setdefault(clip.fingerprint, clip)
    return tuple(seen.values())
