"""The plan as JSON: what `wanflow plan --json` prints and `plan.json` holds. The form is `flows.planning.form`."""

from __future__ import annotations

from flows.fields import plain
from flows.garbage import without_garbage_collection
from flows.planning.form import PlanForm, ShotForm
from flows.planning.model import Plan, PlannedShot


@without_garbage_collection()
def plan_to_json(plan: Plan) -> PlanForm:
    """Plain values for `json.dumps`, in a stable order. Times in seconds."""
    takes = (take for shot in plan.shots for take in shot.rendered)
    new = {clip.spec.variant for take in takes for clip in take.clips if clip.status == "new"}
    return {
        "plan_version": plan.plan_version,
        "title": plan.title,
        "slug": plan.slug,
        "storyboard": plan.storyboard.identity,
        "storyboard_digest": plan.storyboard_digest,
        "width": plan.width,
        "height": plan.height,
        "fps": plan.fps,
        "shots": [_shot(shot) for shot in plan.shots],
        "voices": [{"file": str(voice.file), "at": _seconds(voice.at)} for voice in plan.voices],
        "critical_path": list(plan.critical_path),
        "totals": {
            "shots": plan.totals.shots,
            "takes": plan.totals.takes,
            "cached": plan.totals.cached,
            "frames": plan.totals.frames,
            "film_seconds": _seconds(plan.totals.film_seconds),
            "estimated_seconds": _seconds(plan.totals.estimated_seconds),
            "start_seconds": _seconds(plan.totals.start_seconds),
            "rendering_seconds": _seconds(plan.totals.rendering_seconds),
            "edit_seconds": _seconds(plan.totals.edit_seconds),
            "estimate": plan.totals.estimate,
            "width": plan.totals.width,
            "chained_width": plan.totals.chained_width,
            "keyframes": plan.totals.keyframes,
            "keyframes_cached": plan.totals.keyframes_cached,
            "loads": {name: _seconds(took) for name, took in plan.totals.loads.items() if name in new},
            "gpus": list(plan.totals.gpus),
        },
        "assets": dict(plan.assets),
        "warnings": list(plan.warnings),
        "last_seam": plan.last_seam,
    }


def _shot(shot: PlannedShot) -> ShotForm:
    return {
        "id": shot.id,
        "scene": shot.scene,
        "variant": shot.variant,
        "num_frames": sum(clip.spec.num_frames for clip in shot.takes[0].clips),
        "film_frames": shot.num_frames,
        "start_frame": shot.start,
        "overlap": shot.overlap,
        "fps": shot.render_fps,
        "width": shot.width,
        "height": shot.height,
        "prompt": shot.prompt,
        "original_prompt": shot.original_prompt or shot.prompt,
        "negative_prompt": shot.first.negative_prompt,
        "approved": shot.approved,
        "depends_on": list(shot.depends_on),
        "transition": {"kind": shot.transition.kind, "duration": shot.transition.duration},
        "takes": [plain(take) for take in shot.takes],
        "others": [plain(take) for take in shot.others],
        "choice": {"by": shot.choice.by, "who": shot.choice.who, "when": shot.choice.when},
        "keyframe": plain(shot.keyframe) if shot.keyframe is not None else None,
        "leads_to": shot.leads_to,
        "goes_on_from": shot.goes_on_from,
        "estimated_seconds": _seconds(shot.estimated_seconds),
    }


def _seconds(value: float) -> float:
    return round(value, 3)
