"""What is looked at of a film: a storyboard of its stills, or of its drafts. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from flows.planning.geometry import film_geometry
from flows.review.model import Kind, Question
from flows.review.rounds import own_seed
from flows.settings import Settings
from flows.shots import film_fps, still_of
from flows.storyboard.model import Format, Scene, Shot, Size, Soundtrack, Storyboard, Transition
from flows.storyboard.sizes import FILM_MULTIPLE
from wan.families import Family

DRAFT_SECONDS = 1.0
"""Of a shot's draft at most."""
DRAFT_STEPS, DRAFT_SIDES = 0.5, 2 / 3
"""Of a draft: of the steps (schedules that cannot be cut stay whole), and of the sides of the picture."""
FOLDER = "review"
"""Below the film's own."""


def look_storyboard(storyboard: Storyboard, kind: Kind, family: Family) -> Storyboard | None:
    """The shots that something is rendered of; None: of none, all of them show the pictures that they are given."""
    scenes: list[Scene] = []
    fps = film_fps(storyboard, family)
    for scene in storyboard.scenes:
        shots = tuple(
            _draft(shot) if kind == "draft" else still_of(shot, fps, family)
            for shot in (_one_take(shot, storyboard) for shot in scene.shots)
            if kind == "draft" or not is_given(shot)
        )
        if shots:
            scenes.append(replace(scene, shots=shots))
    if not scenes:
        return None
    size = _smaller(storyboard, family) if kind == "draft" else storyboard.format
    return replace(storyboard, scenes=tuple(scenes), format=size, soundtrack=Soundtrack(), deliver=())


def look_settings(settings: Settings, kind: Kind) -> Settings:
    """One take of each, in a folder beside the film; of drafts half the steps."""
    render = replace(settings.render, takes=1)
    if kind == "draft":
        render = replace(render, steps_scale=min(render.steps_scale, DRAFT_STEPS), size_scale=1.0)
    below = settings.film.subfolder
    film = replace(settings.film, subfolder=f"{below}/{FOLDER}" if below else FOLDER)
    return replace(settings, render=render, film=film)


def is_given(shot: Shot) -> bool:
    """Whether a still of it is the picture that it starts from."""
    return shot.image is not None and shot.video is None and shot.control is None


def given_look(shot: Shot, storyboard: Storyboard, digests: Mapping[Path, str]) -> str:
    """The fingerprint of such a picture: another prompt, seed or driving file must be looked at again."""
    files = {str(path): digests[path] for path in given_files(shot)}
    said = [shot.prompt, shot.negative_prompt, own_seed(shot, storyboard), sorted(files.values())]
    return hashlib.sha256(json.dumps(["given", *said]).encode()).hexdigest()


def given_files(shot: Shot) -> tuple[Path, ...]:
    """The files that such a shot names."""
    motion = shot.motion
    named = [shot.image, shot.end_image, shot.audio]
    named += [motion.video, motion.pose, motion.face, motion.background, motion.mask] if motion else []
    return tuple(path for path in named if path is not None)


def question_of(shot: Shot, storyboard: Storyboard, undecided: Mapping[str, tuple[str, int]], look: str) -> Question:
    """What is asked about a shot; `undecided`: prompt and seed of each as the storyboard has them."""
    written, seed = undecided[shot.full_id]
    return Question(
        shot=shot.full_id,
        words=shot.words,
        prompt=shot.prompt,
        seed=own_seed(shot, storyboard),
        look=look,
        written=written,
        written_seed=seed,
        needs=(shot.continuity.source,) if shot.continuity else (),
    )


def _smaller(storyboard: Storyboard, family: Family) -> Format:
    """The film's size, made smaller, where the family draws other sizes than its own."""
    own = storyboard.format
    if family.sizes or own.from_image:
        return own
    film = film_geometry(storyboard, family, [], {}).film
    width, height = (
        max(1, round(side * DRAFT_SIDES / FILM_MULTIPLE)) * FILM_MULTIPLE for side in (film.width, film.height)
    )
    return replace(own, size=Size(width, height))


def _one_take(shot: Shot, storyboard: Storyboard) -> Shot:
    """The one that was chosen, or its first."""
    return replace(shot, seed=own_seed(shot, storyboard), takes=1, take=None)


def _draft(shot: Shot) -> Shot:
    duration = DRAFT_SECONDS if shot.duration is None else min(shot.duration, DRAFT_SECONDS)
    return replace(shot, duration=duration, takes=1, transition=Transition(), caption=None)
