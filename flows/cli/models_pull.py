"""`wanflow models pull`: fetch models, resumably, checked, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from flows.cli.options import events_option, json_option, root_option
from flows.errors import Stopped
from flows.words import size_of
from wan.errors import HubRefusal
from wan.hub.catalog import find
from wan.variants.published import Model

if TYPE_CHECKING:
    from flows.cli.forms.models import ModelsPullDocument, PulledForm
    from wan.hub.pull import Pulled, Source


Shown: TypeAlias = Literal["bars", "events", "nothing"]
"""What is seen of a pull while it is on its way."""


@click.command("pull", short_help="Fetch models; the same command again goes on where it stopped.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@root_option
@click.option("--hub", type=click.Choice(["huggingface", "modelscope"]), default="huggingface", show_default=True)
@click.option("--mirror", metavar="URL", help="Another address of the hub (Hugging Face: HF_ENDPOINT does the same).")
@click.option("--revision", help="A branch, tag or commit (default: the commit that the catalog names).")
@click.option("--connections", type=click.IntRange(1, 64), default=8, show_default=True)
@click.option(
    "--offline", is_flag=True, help="Fetch nothing: say what is here and what is missing (HF_HUB_OFFLINE=1 too)."
)
@json_option
@events_option
def command(
    names: tuple[str, ...],
    root: Path | None,
    hub: str,
    mirror: str | None,
    revision: str | None,
    connections: int,
    offline: bool,
    as_json: bool,
    as_events: bool,
) -> None:
    """Fetch the models called NAME. What was cut off goes on where it was; a broken file is fetched again.

    Every file is checked against the hub's digest. Pickled weights are not fetched, except what the reference's
    layout has only so. Access to gated repositories: `hf auth login`, HF_TOKEN, MODELSCOPE_API_TOKEN.

    Exit code 0: whole and checked; 1: the network failed, what arrived is kept; 2: something has to be changed first.

    \b
    Examples:
      wanflow models pull t2v-a14b i2v-a14b
      wanflow models pull ti2v-5b --hub modelscope --root /weights
      HF_ENDPOINT=https://hf-mirror.com wanflow models pull s2v-14b
    """
    models = [find(name) for name in names]
    shown: Shown = "events" if as_events else "nothing" if as_json else "bars"
    if offline or os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON"):
        done = _offline(models, root, quiet=shown != "bars")
    else:
        done = _fetched(models, root, _source(hub, mirror, revision), connections, shown)
    if shown != "bars":
        _print_json(done, line=as_events)


def _source(hub: str, mirror: str | None, revision: str | None) -> Source:
    from wan.hub.hubs import HUBS
    from wan.hub.pull import Source
    from wan.hub.tokens import token_for

    endpoint = mirror or (os.environ.get("HF_ENDPOINT") if hub == "huggingface" else None) or None
    return Source(hub=hub, endpoint=endpoint, revision=revision, token=token_for(HUBS[hub], endpoint))


def _fetched(
    models: Sequence[Model], root: Path | None, source: Source, connections: int, shown: Shown
) -> list[PulledForm]:
    """Fetch one after the other. Raises Stopped."""
    from flows.cli.pull_progress import show
    from wan.hub.pull import Pace, pull

    done: list[PulledForm] = []
    for model in models:
        try:
            with show(model.name, shown) as watcher:
                here = pull(model, watcher, source=source, root=root, pace=Pace(connections=connections))
                watcher.done(here.folder, here.fetched)
        except KeyboardInterrupt:
            raise Stopped("stopped; what arrived is kept, and the same command goes on from there") from None
        done.append({"model": model.name, "folder": str(here.folder), "fetched": here.fetched})
        if shown == "bars":
            _say_whole(model, here)
    return done


def _offline(models: Sequence[Model], root: Path | None, *, quiet: bool) -> list[PulledForm]:
    from wan.hub.offline import find_offline

    missing = []
    here: list[PulledForm] = []
    for model in models:
        try:
            folder, manifest = find_offline(model, root)
        except HubRefusal as error:
            missing.append(str(error))
            continue
        here.append({"model": model.name, "folder": str(folder), "fetched": 0})
        if not quiet:
            click.echo(f"{model.name}: {folder} ({'here' if manifest else 'in the Hugging Face cache'})")
    if missing:
        raise HubRefusal("\n".join(missing))
    return here


def _print_json(done: list[PulledForm], *, line: bool) -> None:
    from flows.cli.document import envelope, print_document

    document: ModelsPullDocument = {**envelope("models pull"), "models": done}
    print_document(document, line=line)


def _say_whole(model: Model, here: Pulled) -> None:
    fetched = f"of which {size_of(here.fetched)} were fetched now" if here.fetched else "here already"
    click.echo(f"{model.name}: {here.folder} ({size_of(here.manifest.size)}, {fetched})")
    if here.unready:
        click.echo(f"    to render with it, convert it: wanflow models convert {here.folder} {here.folder}-diffusers")
        click.echo(f"    ({here.unready})")
