"""Small batches: a storyboard with variables, a table, and pictures beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from flows.batch.asked import Asked

STORYBOARD = """storyboard: 1
title: "{{ product }}"
variables:
  product: {example: boat}
  locale: en
shot_defaults: {duration: 0.5s}
scenes:
  - id: all
    shots:
      - {id: opening, prompt: a yellow star moves up}
      - {id: own, prompt: "{{ product }}", seed: 3}
"""
PICTURED = STORYBOARD.replace("seed: 3}", 'seed: 3, image: "{{ picture }}"}').replace(
    "  locale: en", "  picture: {example: a.png}\n  locale: en"
)


def asked(folder: Path, table: str, storyboard: str = STORYBOARD, **values: Any) -> Asked:
    """A batch of `folder`/film.yaml with `folder`/tables/rows.csv; store and outputs in there."""
    (folder / "tables").mkdir(exist_ok=True)
    (folder / "film.yaml").write_text(storyboard)
    path = folder / "tables" / "rows.csv"
    path.write_text(table)
    own = [f"store.address={folder / 'store'}", f"film.outputs={folder / 'outputs'}", "film.preset=ultrafast"]
    overrides = [*own, *values.pop("overrides", ())]
    return Asked(storyboard=folder / "film.yaml", table=path, overrides=overrides, **values)


def picture(path: Path, colour: tuple[int, int, int] = (90, 150, 200)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (256, 144), colour).save(path)
    return path


def table(columns: Sequence[str], *rows: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([columns, *rows])
    return text.getvalue()
