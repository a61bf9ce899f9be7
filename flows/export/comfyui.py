"""A planned shot as a workflow for ComfyUI with its native WAN 2.2 nodes, in the form its API takes.

Seeds, steps, guidance, sizes, lengths, prompts and the step at which the experts change are the plan's. What ComfyUI
computes otherwise is said in `notes`, and in docs/comfyui.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.errors import UserError
from flows.export.clips import Made, Making
from flows.export.graph import Link
from flows.export.variants import builder_of
from flows.planning.model import Plan, PlannedShot, Take

_ALWAYS = (
    "Noise: ComfyUI draws it in its own way, so the same seed gives another picture of the same kind.",
    "Noise levels: ComfyUI's `simple` schedule starts at 1, the reference at 0.999 (UniPC); the shift is the same.",
    "Model files have the names of Comfy-Org/Wan_2.2_ComfyUI_Repackaged; change them if yours are called otherwise.",
)


@dataclass(frozen=True, slots=True)
class Workflow:
    """`nodes`: the workflow. `files`: what has to lie in ComfyUI's input folder, and where it is here (None: to be
    made first). `notes`: what a person should know."""

    nodes: Mapping[str, Mapping[str, object]]
    files: Mapping[str, Path | None]
    notes: tuple[str, ...]


def export_shot(plan: Plan, shot_id: str, take: int | None = None) -> Workflow:
    """The shot's take with that number, counted from 1; None: the one that was chosen by eye, else the first. Raises
    `UserError` for one that does not exist."""
    shot = find_shot(plan, shot_id)
    takes = {each.number: each for each in shot.all_takes}
    number = shot.takes[0].number if take is None else take
    if number not in takes:
        raise UserError(f"{shot.id} has no take {take}; it has {len(takes)}")
    making = Making(plan, shot)
    made, shown = _clips(making, takes[number])
    graph = making.graph
    sounds = [medium.digest for medium in made.clip.spec.media if medium.name == "audio"]
    audio = graph.add("LoadAudio", audio=making.file(sounds[0])) if sounds else None
    video = graph.add("CreateVideo", images=shown, fps=made.clip.fps, audio=audio)
    prefix = f"{plan.slug or 'wanflow'}/{shot.id.replace('.', '_')}"
    saved = graph.add("SaveVideo", video=video, filename_prefix=prefix, format="auto", codec="auto")
    for note in _ALWAYS:
        making.note(note)
    if plan.settings.model.family != "wan22":
        making.note(
            f"The plan is for the family {plan.settings.model.family}; ComfyUI runs the full-size WAN 2.2: "
            "add model=wan22"
        )
    nodes = graph.as_json()
    nodes[saved.node]["_meta"] = {"title": f"{plan.title}: {shot.id}", "notes": list(making.notes)}
    return Workflow(nodes, making.files, tuple(making.notes))


def find_shot(plan: Plan, shot_id: str) -> PlannedShot:
    """By its full id, or a bare one that only one shot has. Raises `UserError` that names the shots there are."""
    matches = [shot for shot in plan.shots if shot_id in (shot.id, shot.id.partition(".")[2])]
    if len(matches) == 1:
        return matches[0]
    what = f"several shots are called {shot_id}" if matches else f"there is no shot {shot_id}"
    raise UserError(f"{what}; there are {', '.join(shot.id for shot in matches or plan.shots)}")


def _clips(making: Making, take: Take) -> tuple[Made, Link]:
    """The last clip of the take, and the frames of all that the film shows."""
    shown: Link | None = None
    made: Made | None = None
    for clip in take.clips:
        made = builder_of(clip.spec.variant)(making, clip, made)
        kept = made.images
        total = clip.keep + (sum(each.keep for each in take.clips[: take.clips.index(clip)]) if made.whole else 0)
        if clip.skip_first or total != clip.spec.num_frames:
            kept = making.graph.add(
                "ImageFromBatch", "Frames of the film", image=kept, batch_index=clip.skip_first, length=total
            )
        joined = shown is not None and not made.whole
        shown = making.graph.add("ImageBatch", image1=shown, image2=kept) if joined else kept
    assert made is not None, "a take has clips"
    assert shown is not None
    return made, shown
