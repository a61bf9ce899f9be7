"""A film's keyframes alone: rendered, and written to where people can look at them, before the shots between them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from flows.errors import UserError
from flows.film.folder import PLAN, claimed, film_folder
from flows.film.making import Making
from flows.film.result import FilmResult
from flows.film.survey import chosen_shots
from flows.media import frames_at, png_bytes
from flows.planning import plan_to_json
from flows.planning.joins import keyframe_frame
from flows.planning.model import Plan, PlannedShot
from flows.shots.keyframes import SUFFIX
from wan.system.files import write_atomically

FOLDER, SHEET = "keyframes", "sheet.png"
"""Below the film's own folder, and a picture of them all in it."""


class Render(Protocol):
    """What renders a plan: `flows.film.make_film`, whoever watches."""

    def __call__(self, plan: Plan, /, *, instead: Callable[[Making], None]) -> FilmResult: ...


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A picture that `shot` begins with, and that the shot `ends` (if there is one) ends on. `given`: by the
    storyboard, so that it has no `seed`, and nothing is rendered."""

    shot: str
    ends: str | None
    picture: Path
    given: bool
    seed: int | None


@dataclass(frozen=True, slots=True)
class Keyframes:
    """All of them, in the film's order; a sheet of those that are rendered (None: none is), and what that took."""

    keyframes: tuple[Keyframe, ...]
    sheet: Path | None
    result: FilmResult


def make_keyframes(plan: Plan, render: Render, only: Sequence[str] = ()) -> Keyframes:
    """Render those that are not in the store yet, and write all into `outputs/<slug>/keyframes/`. `only`: those that
    these shots begin with and end on.

    Raises UserError where no shot is joined by keyframes, and as `make_film`.
    """
    shots = chosen_shots(plan, only) if only else plan.shots
    found = keyframes_of(plan, shots)
    if not found:
        raise UserError(
            f"no shot of {plan.title!r} is joined to another by keyframes, so there are none to look at\n"
            "    write `continuity: {from: previous, by: keyframes}`; stills of all shots: --review stills"
        )
    stills = plan.stills_of(shots)
    if stills:
        return Keyframes(found, _folder(plan) / SHEET, render(plan.of_stills(stills, FOLDER), instead=_write))
    with claimed(plan.of_stills((), FOLDER)) as folder:
        write_atomically(folder / PLAN, json.dumps(plan_to_json(plan), indent=1, ensure_ascii=False))
        nothing = FilmResult(
            path=None,
            clips=(),
            report=None,
            plan_path=folder / PLAN,
            rendered=0,
            cached=0,
            seconds=0.0,
            flow_run_id="",
            run_url="",
        )
    return Keyframes(found, None, nothing)


def keyframes_of(plan: Plan, shots: Sequence[PlannedShot]) -> tuple[Keyframe, ...]:
    """Those that these shots begin with and end on, and where each will lie."""
    ends = {shot.leads_to: shot.id for shot in plan.shots if shot.leads_to is not None}
    names = {shot.id for shot in shots} | {shot.leads_to for shot in shots}
    found = []
    for shot in plan.shots:
        if shot.id not in names:
            continue
        if shot.keyframe is not None:
            picture = _folder(plan) / f"{shot.id}.png"
            found.append(Keyframe(shot.id, ends.get(shot.id), picture, given=False, seed=shot.keyframe.seed))
        elif shot.first.image is not None and (shot.id in ends or shot.leads_to is not None):
            given = Path(plan.assets[shot.first.image])
            found.append(Keyframe(shot.id, ends.get(shot.id), given, given=True, seed=None))
    return tuple(found)


def _folder(plan: Plan) -> Path:
    return film_folder(plan) / FOLDER


def _write(making: Making) -> None:
    for still in making.plan.shots:
        record = making.records[still.takes[0].fingerprint]
        frame = frames_at(making.store.local_path(record.video), [keyframe_frame(record.num_frames)])[0]
        (making.folder / f"{still.id.removesuffix(SUFFIX)}.png").write_bytes(png_bytes(frame))
    (making.folder / SHEET).write_bytes(making.contact_sheet())
