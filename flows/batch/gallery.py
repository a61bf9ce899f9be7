"""The page of a batch, `index.html`: every row with its film, in the manner of a film's report.

It opens anywhere, offline, in the light and in the dark; posters and films lie in the folders beside it. Sorting and
choosing by state are a few lines of script, and without it everything is there in the order of the rows.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from flows.batch.manifest import STATES, Manifest
from flows.report.templates import environment
from wan.system.files import write_atomically

PAGE = "index.html"


def write_gallery(manifest: Manifest, folder: Path) -> Path:
    """Write the page into the batch's folder, and return it."""
    path = folder / PAGE
    write_atomically(path, render(manifest))
    return path


def render(manifest: Manifest) -> str:
    """The page as text."""
    states = Counter(entry.state for entry in manifest.films)
    used = [entry for entry in manifest.films if entry.state != "kept" and entry.gpu_seconds]
    costs: dict[str, float] = {}
    for entry in used:
        if entry.cost is not None:
            costs[entry.currency] = costs.get(entry.currency, 0.0) + entry.cost
    return (
        environment(Path(__file__).parent)
        .get_template("gallery.html.j2")
        .render(
            manifest=manifest,
            states={state: states[state] for state in STATES if states[state]},
            film_seconds=sum(entry.film_seconds for entry in manifest.films if entry.finished),
            seconds=sum(entry.seconds for entry in manifest.films if entry.state == "made"),
            gpu_seconds=sum(entry.gpu_seconds for entry in used),
            wasted=sum(entry.failed_seconds + entry.repeated_seconds for entry in used),
            costs=costs,
            rendered=sum(entry.rendered for entry in manifest.films),
            reused=sum(entry.reused for entry in manifest.films),
            table=Path(manifest.table).name,
            storyboard=Path(manifest.storyboard).name,
        )
    )
