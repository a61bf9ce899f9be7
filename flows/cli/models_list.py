"""`wanflow models list`: the catalog, and what of it is here."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.options import json_option, root_option
from flows.words import size_of
from wan.families import FAMILIES
from wan.hub.catalog import CATALOG
from wan.hub.journal import Journal
from wan.variants.published import Model
from wan.weights.places import folder_of, models_home, partial_of, pulled

if TYPE_CHECKING:
    from flows.cli.forms.models import ListedModel, ModelsListDocument

WIDTH_OF_LOGS = 140
"""Columns, where no terminal says how wide it is."""
INDENT = "    "


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
    terminal = sys.stdout.isatty() or "COLUMNS" in os.environ
    for line in page(rows, shutil.get_terminal_size().columns if terminal else WIDTH_OF_LOGS):
        click.echo(line)
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


def page(rows: Sequence[ListedModel], width: int) -> list[str]:
    """A line for each model, or two where what it is for has no room beside the rest."""
    heads = ("model", "about", "here", "licence", "what for")
    cells = [heads, *((*_cells(each), each["purpose"]) for each in rows)]
    name, about, here, licence = (max(len(line[column]) for line in cells) for column in range(4))
    lines = []
    for line in cells:
        left = f"{line[0]:<{name}}  {line[1]:>{about}}  {line[2]:<{here}}  {line[3]:<{licence}}"
        if max(len(left) + 2 + len(other[4]) for other in cells) <= width:
            lines.append(f"{left}  {line[4]}")
        else:
            below = (
                [] if line is heads else textwrap.wrap(line[4], width, initial_indent=INDENT, subsequent_indent=INDENT)
            )
            lines += [left.rstrip(), *below]
    return lines


def _cells(model: ListedModel) -> tuple[str, str, str, str]:
    part = model["fetched_of_partial"]
    here = "yes" if model["pulled"] else "no" if part is None else f"{size_of(part)} of it"
    return model["name"], size_of(model["about_bytes"]), here, model["licence"]
