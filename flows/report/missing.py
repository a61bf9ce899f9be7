"""Writing `missing.html`: of a film that is not finished, what is there, what is missing, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.errors import Problem
from flows.planning.model import Plan, PlannedShot, Take
from flows.report.frames import data_uri
from flows.report.templates import environment
from flows.store import ClipRecord, Store
from wan.system.files import write_atomically


@dataclass(frozen=True, slots=True)
class _Shot:
    """`picture`: of a take that is there, a data URI; `whole` of its `takes` are there; `problems`: why others are
    not."""

    id: str
    picture: str | None
    whole: int
    takes: int
    problems: tuple[str, ...]


def write_missing(
    plan: Plan, clips: Mapping[str, ClipRecord], problems: Sequence[Problem], store: Store, output: Path
) -> Path:
    """Write the page to `output` and return it.

    `clips` maps the fingerprints of clips that are there to their records; `problems` say why takes are missing, each
    with its shot. Raises `StoreError`.
    """
    film = "film.mp4" if (output.parent / "film.mp4").exists() else None
    shots = [_shot(shot, clips, problems, store) for shot in plan.shots]
    template = environment().get_template("missing.html.j2")
    write_atomically(output, template.render(plan=plan, shots=shots, problems=len(problems), film=film))
    return output


def _shot(shot: PlannedShot, clips: Mapping[str, ClipRecord], problems: Sequence[Problem], store: Store) -> _Shot:
    whole = [take for take in shot.takes if all(clip.fingerprint in clips for clip in take.clips)]
    told = tuple(problem.message for problem in problems if problem.shot == shot.id)
    return _Shot(shot.id, _picture(whole, clips, store), len(whole), len(shot.takes), told)


def _picture(takes: Sequence[Take], clips: Mapping[str, ClipRecord], store: Store) -> str | None:
    if not takes:
        return None
    return data_uri(store.read(clips[takes[0].clips[-1].fingerprint].thumbnail), "image/jpeg")
