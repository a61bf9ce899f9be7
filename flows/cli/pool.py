"""`wanflow pool`: the workers that the films on a cluster share, and the queue before them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from flows.cli.options import config_dir_option, json_option, overrides_argument

if TYPE_CHECKING:
    from flows.cluster.control import PoolControl
    from flows.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
CLUSTER = "cluster=ray"
"""A pool is one of a cluster; which one, the overrides say."""


@click.group("pool", short_help="Look at and steer the workers that films on a cluster share.")
def command() -> None:
    """The workers of a Ray cluster that all its films share, and the queue before them. The first film starts the pool;
    it ends when it has had nothing to do for a while (cluster.idle_timeout).

    \b
    Examples:
      wanflow pool status
      wanflow pool queue cluster.address=head:6379
      wanflow pool move "The paper boat" 10
      wanflow pool pause
    """


def _on_cluster(function: F) -> F:
    """The arguments that say which pool."""
    return config_dir_option(overrides_argument(function))


@command.command("up")
@_on_cluster
def up(overrides: tuple[str, ...], config_dir: Path | None) -> None:
    """Start the pool, with cluster.min_workers workers at once; it stays until `wanflow pool down`.

    \b
    Example:
      wanflow pool up model=wan22 cluster.min_workers=4
    """
    from flows.cluster import wan_renderer
    from flows.cluster.control import started_pool

    settings = _settings(overrides, config_dir)
    with started_pool(settings.cluster, wan_renderer(settings), settings.store.address) as pool:
        click.echo(f"The pool {pool.name} is up: {pool.status().store} is its store. wanflow pool status shows it.")


@command.command("status")
@_on_cluster
@json_option
def status(overrides: tuple[str, ...], config_dir: Path | None, as_json: bool) -> None:
    """Show the pool, its workers and its films."""
    from flows.cli.pool_page import print_status, status_document

    with _running(overrides, config_dir) as pool:
        found = pool.status()
    if as_json:
        _print(status_document(found))
    else:
        print_status(found)


@command.command("queue")
@_on_cluster
@json_option
def queue(overrides: tuple[str, ...], config_dir: Path | None, as_json: bool) -> None:
    """List the clips that are not rendered yet, in the order they will be, and what each waits for."""
    from flows.cli.pool_page import print_queue, queue_document

    with _running(overrides, config_dir) as pool:
        clips, films = pool.queue(), pool.status().films
    if as_json:
        _print(queue_document(clips, films))
    else:
        print_queue(clips, films)


@command.command("pause")
@click.option("--film", help="Only this film: its title, or its id in `wanflow pool status`.")
@_on_cluster
def pause(film: str | None, overrides: tuple[str, ...], config_dir: Path | None) -> None:
    """Begin nothing more; what is being rendered is finished."""
    _hold(film, True, overrides, config_dir)
    click.echo(f"{film or 'The pool'} is paused; wanflow pool resume{_only(film)} goes on")


@command.command("resume")
@click.option("--film", help="Only this film: its title, or its id in `wanflow pool status`.")
@_on_cluster
def resume(film: str | None, overrides: tuple[str, ...], config_dir: Path | None) -> None:
    """Go on after `wanflow pool pause`."""
    _hold(film, False, overrides, config_dir)
    click.echo(f"{film or 'The pool'} goes on")


def _hold(film: str | None, held: bool, overrides: tuple[str, ...], config_dir: Path | None) -> None:
    with _running(overrides, config_dir) as pool:
        pool.hold(pool.film(film).film if film else "", held)


@command.command("move")
@click.argument("film")
@click.argument("priority", type=click.IntRange(-1000, 1000))
@_on_cluster
def move(film: str, priority: int, overrides: tuple[str, ...], config_dir: Path | None) -> None:
    """Give FILM (a title, or an id) another priority: the higher goes first. Films have 0 unless they say more.

    \b
    Example:
      wanflow pool move "The paper boat" 10
    """
    with _running(overrides, config_dir) as pool:
        pool.move(pool.film(film).film, priority)
    click.echo(f"{film} has priority {priority}")


@command.command("cancel")
@click.argument("film")
@_on_cluster
def cancel(film: str, overrides: tuple[str, ...], config_dir: Path | None) -> None:
    """End the rendering of FILM (a title, or an id), wherever its command runs; finished takes are kept."""
    with _running(overrides, config_dir) as pool:
        pool.cancel(pool.film(film).film)
    click.echo(f"{film} is called off; what is finished is in the store")


@command.command("drain")
@_on_cluster
def drain(overrides: tuple[str, ...], config_dir: Path | None) -> None:
    """Take no more films, and end when those that are there are done."""
    with _running(overrides, config_dir) as pool:
        pool.drain()
        left = len(pool.status().films)
    click.echo(f"{pool.name} takes no more films and ends after {left} that are being made")


@command.command("down")
@_on_cluster
def down(overrides: tuple[str, ...], config_dir: Path | None) -> None:
    """End the pool and its workers now; films that are being made start another one and go on."""
    with _running(overrides, config_dir) as pool:
        pool.down()
    click.echo(f"{pool.name} has ended")


def _settings(overrides: tuple[str, ...], config_dir: Path | None) -> Settings:
    from flows.config import compose
    from flows.errors import SettingsError

    settings = compose((CLUSTER, *overrides), config_dir).settings
    if settings.cluster.address is None:
        raise SettingsError(
            "cluster=local: its workers are one film's; a pool is on a cluster: cluster.address=HOST:6379"
        )
    return settings


@contextmanager
def _running(overrides: tuple[str, ...], config_dir: Path | None) -> Iterator[PoolControl]:
    from flows.cluster.control import running_pool

    with running_pool(_settings(overrides, config_dir).cluster) as pool:
        yield pool


def _print(document: Any) -> None:
    from flows.cli.document import print_document

    print_document(document)


def _only(film: str | None) -> str:
    return f" --film '{film}'" if film else ""
