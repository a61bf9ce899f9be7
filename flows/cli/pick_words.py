"""Choices made by eye, in words and as programs read of them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.batch.manifest import JSON as MANIFEST
from flows.batch.picking import made_with
from flows.cli.document import envelope, warnings
from flows.cli.render import shown_path
from flows.person import person

if TYPE_CHECKING:
    from flows.batch.sheet import Sheet
    from flows.cli.forms.pick import PickDocument, PickSweepDocument
    from flows.errors import Place
    from flows.film.picking import MadeFilm, Standing
    from flows.resolve.picks import Pick


def listing(film: MadeFilm, standings: Sequence[Standing], written: Mapping[str, Place]) -> list[str]:
    """Every shot that has something to choose from; `written` is where the storyboard says takes."""
    several = [standing for standing in standings if len(standing.shot.takes) > 1 or standing.outdated]
    lines = [f"{film.title}  {shown_path(film.folder)}"]
    width = max((len(standing.shot.id) for standing in several), default=0)
    lines += [f"  {standing.shot.id:<{width}}  {_stands(standing, written)}" for standing in several]
    if not several:
        lines.append("  every shot has one take, so there is nothing to choose; `takes: 3` on a shot renders three")
    lines += outdated_lines(standings)
    return lines


def outcome(
    film: MadeFilm, chosen: Mapping[str, int | None], standings: Sequence[Standing], *, written: bool
) -> list[str]:
    """What was kept, and what a render does now."""
    lines = []
    for standing in standings:
        if standing.shot.id not in chosen:
            continue
        take = chosen[standing.shot.id]
        if written:
            lines.append(f"{standing.shot.id}: {'no take:' if take is None else f'take: {take}'} in {film.storyboard}")
        else:
            lines.append(f"{standing.shot.id}: {_stands(standing, {})}")
    behind = film.led_into(list(chosen))
    again = f"; rendered anew is what goes on from it: {', '.join(behind)}" if behind else "; nothing is rendered anew"
    of_batch = (film.folder.parent / MANIFEST).is_file()
    what = "make its batch, or sweep, again" if of_batch else "render the film again"
    return [*lines, f"\nNext: {what}, as it was made: it is cut anew{again}"]


def outdated_lines(standings: Sequence[Standing]) -> list[str]:
    """Choices that hold no more."""
    return [
        f"out of date: take {standing.outdated.take} of {standing.shot.id}, {_by(standing.outdated)}: its takes are "
        f"others now; forget it: {standing.shot.id}=auto"
        for standing in standings
        if standing.outdated is not None
    ]


def _stands(standing: Standing, written: Mapping[str, Place]) -> str:
    scores = "  ".join(
        f"{number}: {'-' if score is None else f'{score:.3f}'}" for number, score in standing.scores.items()
    )
    if (place := written.get(standing.shot.id)) is not None:
        said = f"chosen in the storyboard, {shown_path(Path(place.file))}:{place.line}:{place.column}"
    elif standing.pick is None and standing.shot.by == "storyboard":
        said = "chosen in the storyboard when the film was made"
    elif standing.pick is not None:
        number = next(t.number for t in standing.shot.takes if t.fingerprint == standing.pick.fingerprint)
        said = f"take {number}, {_by(standing.pick)}"
    else:
        said = "the best score" + (f", take {standing.best}" if standing.best is not None else "")
    return f"{said}  ({scores})"


def _by(pick: Pick) -> str:
    who = "you" if pick.who and pick.who == person() else pick.who or "hand"
    return f"chosen by {who} on {pick.when[:10]}"


def document_of(film: MadeFilm, standings: Sequence[Standing], *, written: bool) -> PickDocument:
    """What stands, as programs read of it."""
    return {
        **envelope("pick", problems=warnings(outdated_lines(standings))),
        "title": film.title,
        "folder": str(film.folder),
        "storyboard": film.storyboard,
        "written": written,
        "shots": [
            {
                "shot": standing.shot.id,
                "takes": [
                    {
                        "number": take.number,
                        "seed": take.seed,
                        "fingerprint": take.fingerprint,
                        "score": standing.scores[take.number],
                    }
                    for take in standing.shot.takes
                ],
                "picked": _picked(standing),
                "who": standing.pick.who if standing.pick else "",
                "when": standing.pick.when if standing.pick else "",
            }
            for standing in standings
        ],
    }


def _picked(standing: Standing) -> int | None:
    pick = standing.pick
    if pick is None:
        return None
    return next(take.number for take in standing.shot.takes if take.fingerprint == pick.fingerprint)


def sweep_lines(sheet: Sheet, folder: Path) -> list[str]:
    """Its films, which one was picked, and the command that makes it alone."""
    picked = sheet.picked
    lines = [f"{sheet.title}  {shown_path(folder)}"]
    for row in sheet.rows:
        differs = ", ".join(f"{key}: {value}" for key, value in row.differs.items())
        mark = "*" if picked is not None and picked.film == row.name else " "
        lines.append(f"{mark} {row.name}  {differs}  {row.state}")
    if picked is None:
        return [*lines, f"\nKeep one: wanflow pick {shown_path(folder)} {sheet.rows[0].name}"]
    storyboard, overrides = made_with(sheet, picked.film)
    command = shlex.join(["wanflow", "render", shown_path(Path(storyboard)), *overrides])
    who = "you" if picked.who and picked.who == person() else picked.who or "hand"
    return [
        *lines,
        f"\n{picked.film} was chosen by {who} on {picked.when[:10]}. As a film of its own, with nothing rendered anew:",
        f"    {command}",
    ]


def sweep_document(sheet: Sheet, folder: Path) -> PickSweepDocument:
    """The same as programs read of it."""
    picked = sheet.picked
    return {
        **envelope("pick SWEEP"),
        "title": sheet.title,
        "folder": str(folder),
        "storyboard": sheet.storyboard,
        "sweep": sheet.sweep,
        "films": [row.name for row in sheet.rows],
        "film": picked.film if picked else None,
        "overrides": list(made_with(sheet, picked.film)[1]) if picked else [],
        "who": picked.who if picked else "",
        "when": picked.when if picked else "",
    }
