"""What `submit` and `schedule add` send: a storyboard, or one with a table, checked here before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from flows.cli.table_options import TableOptions
    from flows.cost import CostEstimate
    from flows.settings import Settings
    from flows.store import Store
    from flows.submission import Packed


class Cost(NamedTuple):
    """What rendering all of it may take, and warnings of caps."""

    estimate: CostEstimate
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sent:
    """In the `store` of that address. `rows`: None for one film, else what the deployed flow is told of the table."""

    packed: Packed
    store: str
    rows: Mapping[str, Any] | None

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While somebody is asked to make it: of what is refused nothing stays in the store. Who does not answer may
        have heard of it all the same."""
        from flows.errors import EnvironmentProblem, FlowsError, StoreError
        from flows.store import open_store
        from flows.submission import take_back

        try:
            yield
        except EnvironmentProblem:
            raise
        except FlowsError:
            with suppress(StoreError, EnvironmentProblem):  # why it is refused says more
                take_back(self.packed, open_store(self.store))
            raise


@dataclass(frozen=True, slots=True)
class Checked:
    """One film, or a batch of `films`, without a fault that can be found here. `name` is fit for a file; `overrides` go
    along; `remarks` are worth a word; `cost` is by the ledger of the store. `rows`
    are what the deployed flow will be told of the table, with its path here."""

    title: str
    name: str
    films: int
    settings: Settings
    overrides: tuple[str, ...]
    remarks: tuple[str, ...]
    pack: Callable[[Store], tuple[Packed, Mapping[str, Any] | None]]
    cost: Callable[[], Cost]
    rows: Mapping[str, Any] | None = None

    def send(self) -> Sent:
        """Put it into the store. Raises StoreError, MediaError, EnvironmentProblem."""
        from flows.store import open_store

        store = open_store(self.settings.store.address)
        packed, rows = self.pack(store)
        return Sent(packed, store.address, rows)


def checked_here(
    storyboard: str, overrides: Sequence[str], rows: TableOptions, only: Sequence[str], config_dir: Path | None
) -> Checked:
    """Raises StoryboardError, TableError, SettingsError, with everything that is wrong; UsageError."""
    if rows.table is None:
        return _film(storyboard, overrides, only, config_dir)
    if only:
        raise click.UsageError("--only: a batch makes whole films; leave it out, or leave out --table")
    return _batch(storyboard, overrides, rows, config_dir)


def _film(storyboard: str, overrides: Sequence[str], only: Sequence[str], config_dir: Path | None) -> Checked:
    from flows.submission import check_shots, check_storyboard_here, pack

    checked = check_storyboard_here(storyboard, overrides, config_dir)
    check_shots(checked.storyboard, only)
    remarks = tuple(map(str, checked.remarks))
    title, slug = checked.storyboard.title, checked.storyboard.slug

    def put(store: Store) -> tuple[Packed, None]:
        return pack(checked, store), None

    def cost() -> Cost:
        from flows.cli.cost_words import passed_elsewhere
        from flows.cost import estimate_cost
        from flows.project import Project, plan

        prompts = replace(checked.settings.prompts, extend="off")
        as_written = Project(checked.storyboard, replace(checked.settings, prompts=prompts))
        estimate = estimate_cost(plan(as_written, weights=False))
        return Cost(estimate, passed_elsewhere(estimate, checked.settings))

    return Checked(title, slug, 1, checked.settings, checked.overrides, remarks, put, cost)


def _batch(storyboard: str, overrides: Sequence[str], rows: TableOptions, config_dir: Path | None) -> Checked:
    from flows.batch.sending import check_batch_here, pack_batch

    checked = check_batch_here(rows.asked(storyboard, overrides, config_dir))
    table = checked.columns.table.path

    def put(store: Store) -> tuple[Packed, Mapping[str, Any]]:
        packed = pack_batch(checked, store)
        return packed, rows.parameters(packed.place(table))

    def cost() -> Cost:
        from flows.batch.plan import plan_batch
        from flows.cli.cost_words import passed_elsewhere

        as_written = [*overrides, "prompts.extend=off"]
        planned = plan_batch(rows.asked(storyboard, as_written, config_dir), weights=False)
        return Cost(planned.cost, passed_elsewhere(planned.cost, planned.settings, planned))

    films, remarks = len(checked.films), checked.remarks
    return Checked(
        checked.title,
        checked.called,
        films,
        checked.settings,
        checked.overrides,
        remarks,
        put,
        cost,
        rows.parameters(str(table)),
    )
