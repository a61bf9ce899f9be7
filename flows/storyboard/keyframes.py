"""Shots that are joined by keyframes: both have the picture at their join, whichever of them was given it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flows.errors import Place
from flows.storyboard.model import Scene, Shot
from flows.storyboard.problems import Problems


def with_keyframes(scenes: Sequence[Scene], problems: Problems) -> tuple[Scene, ...]:
    """The scenes, in which every shot knows whose keyframe it ends on (`Shot.leads_to`). A picture that one of two
    joined shots was given is the other's, too: `image` of the later, `end_image` of the earlier."""
    shots = {shot.full_id: shot for scene in scenes for shot in scene.shots}
    joined = [name for name, shot in shots.items() if _is_joined(shot)]
    for name in joined:
        later = shots[name]
        assert later.continuity is not None, "it is joined"
        earlier = shots.get(later.continuity.source)
        if earlier is None or earlier is later:  # said elsewhere
            continue
        problems.shot = name
        if earlier.leads_to is not None:
            message = (
                f"{earlier.full_id} ends on the keyframe of {earlier.leads_to} already: a shot ends on one picture"
            )
            problems.add(later.where("continuity.by"), message, "use `by: last_frame`, or `continuity: none`")
            continue
        if later.image is not None and earlier.end_image is not None and later.image != earlier.end_image:
            message = (
                f"a join has one keyframe, and this one is given two pictures: {later.image.name} here, and "
                f"{earlier.end_image.name} as `end_image` of {earlier.full_id}"
            )
            problems.add(later.where("image"), message, "give one of them")
        shots[earlier.full_id], shots[name] = _pair(earlier, later)
    problems.shot = None
    return _replaced(scenes, shots) if joined else tuple(scenes)


def without_lost(scenes: Sequence[Scene], dropped: Mapping[str, Shot]) -> tuple[Scene, ...]:
    """Scenes that some shots (by full id) were taken out of: what ended on a keyframe of theirs ends as it likes."""

    def freed(shot: Shot) -> Shot:
        later = dropped.get(shot.leads_to or "")
        if later is None:
            return shot
        own = shot.places.get("end_image") != later.places.get("image")
        return replace(shot, leads_to=None, end_image=shot.end_image if own else None)

    return tuple(replace(scene, shots=tuple(map(freed, scene.shots))) for scene in scenes)


def _is_joined(shot: Shot) -> bool:
    return shot.continuity is not None and shot.continuity.by == "keyframes"


def _pair(earlier: Shot, later: Shot) -> tuple[Shot, Shot]:
    picture = later.image or earlier.end_image
    at = {"leads_to": later.where("continuity.by")}
    begins: dict[str, Place] = {}
    if earlier.end_image is None and picture is not None:
        at["end_image"] = later.where("image")
    if later.image is None and picture is not None:
        begins = {"image": later.where("continuity.by")}
    return (
        replace(earlier, leads_to=later.full_id, end_image=picture, places={**earlier.places, **at}),
        replace(later, image=picture, places={**later.places, **begins}) if begins else later,
    )


def _replaced(scenes: Sequence[Scene], shots: Mapping[str, Shot]) -> tuple[Scene, ...]:
    return tuple(replace(scene, shots=tuple(shots[shot.full_id] for shot in scene.shots)) for scene in scenes)
