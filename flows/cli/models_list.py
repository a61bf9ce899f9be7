"""`wanflow models list`: the catalog, and what of it is here."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import json_option, root_option
from flows.cli.words import size_of
from wan.families import FAMILIES
from wan.hub.catalog import CATALOG, Model
from wan.hub.journal import Journal
from wan.weights.places import folder_of, models_home, partial_of, pulled

if TYPE_CHECKING:
    from flows.cli.forms import ListedModel, ModelsListDocument

WIDTH_OF_LOGS = 140
"""Columns, where no terminal says how wide it is."""


@click.command("list", short_help="Every model that can be pulled, and which are here.")
@root_option
@json_option
def command(root: Path | None, as_json: bool) -> None:
    """Every model that can be pulled: what for, how large, under which licence, and where it is if it is here.

    \b
    Examples:
      wanflow models list
      wanflow models list --json
    """
    rows = [row(model, root) for model in CATALOG.values()]
    if as_json:
        _print_json(rows)
        return
    _print(rows)
    click.echo(f"\nThey lie in {root or models_home()}. Fetch one: wanflow models pull NAME")
    click.echo(f"Families that render with them (model=): {', '.join(FAMILIES)}. More: wanflow models info FAMILY")


def row(model: Model, root: Path | None) -> ListedModel:
    """A model of the catalog, and whether it is here."""
    here = pulled(model.name, root)
    return {
        "name": model.name,
        "purpose": model.purpose,
        "variant": model.variant,
        "layout": model.layout,
        "about_bytes": int(model.size),
        "licence": model.licence,
        "huggingface": model.huggingface,
        "modelscope": model.modelscope,
        "commit": model.commit,
        "pulled": str(here) if here else None,
        "fetched_of_partial": None if here else _fetched(model, root),
    }


def _fetched(model: Model, root: Path | None) -> int | None:
    """Bytes of a pull that was begun; None: none was."""
    entries = Journal(partial_of(folder_of(model.name, root))).entries
    return sum(entry.arrived for entry in entries.values()) if entries else None


def _print_json(rows: list[ListedModel]) -> None:
    from flows.cli.document import envelope, print_document

    document: ModelsListDocument = {**envelope("models list"), "models": rows}
    print_document(document)


def _print(rows: list[ListedModel]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for head in ("model", "about", "here", "licence"):
        table.add_column(head, no_wrap=True)
    table.add_column("what for")
    for each in rows:
        part = each["fetched_of_partial"]
        here = "yes" if each["pulled"] else "no" if part is None else f"{size_of(part)} of it"
        table.add_row(each["name"], size_of(each["about_bytes"]), here, each["licence"], each["purpose"])
    told = sys.stdout.isatty() or "COLUMNS" in os.environ
    Console(highlight=False, width=None if told else WIDTH_OF_LOGS).print(table)
