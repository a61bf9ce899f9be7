"""The plan as JSON: what `wanflow plan --json` prints and `plan.json` holds. The form is `flows.planning.form`."""

from __future__ import annotations

from flows.planning.form import PlanForm, SegmentForm, ShotForm, TakeForm
from flows.planning.model import Clip, Plan, PlannedShot, Take


def plan_to_json(plan: Plan) -> PlanForm:
    """Plain values for `json.dumps`, in a stable order. Times in seconds."""
    return {
        "plan_version": plan.plan_version,
        "title": plan.title,
        "slug": plan.slug,
        "storyboard": str(plan.storyboard.path),
        "storyboard_digest": plan.storyboard_digest,
        "width": plan.width,
        "height": plan.height,
        "fps": plan.fps,
        "shots": [_shot(shot) for shot in plan.shots],
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
        },
        "assets": dict(plan.assets),
        "warnings": list(plan.warnings),
    }


def _shot(shot: PlannedShot) -> ShotForm:
    return {
        "id": shot.id,
        "scene": shot.scene,
        "variant": shot.variant,
        "num_frames": sum(clip.num_frames for clip in shot.takes[0].clips),
        "film_frames": shot.num_frames,
        "fps": shot.render_fps,
        "width": shot.width,
        "height": shot.height,
        "prompt": shot.prompt,
        "original_prompt": shot.original_prompt or shot.prompt,
        "negative_prompt": shot.negative_prompt,
        "depends_on": list(shot.depends_on),
        "transition": {"kind": shot.transition.kind, "duration": shot.transition.duration},
        "takes": [_take(take) for take in shot.takes],
        "estimated_seconds": _seconds(shot.estimated_seconds),
    }


def _take(take: Take) -> TakeForm:
    return {
        "seed": take.seed,
        "fingerprint": take.fingerprint,
        "status": take.status,
        "why": take.why,
        "segments": [_clip(clip) for clip in take.clips],
    }


def _clip(clip: Clip) -> SegmentForm:
    return {
        "fingerprint": clip.fingerprint,
        "variant": clip.variant,
        "checkpoint": clip.checkpoint,
        "status": clip.status,
        "seed": clip.seed,
        "num_frames": clip.num_frames,
        "skip_first": clip.skip_first,
        "keep": clip.keep,
        "num_inference_steps": clip.sampling.num_inference_steps,
        "guidance_scale": {"high": clip.sampling.guidance_scale.high, "low": clip.sampling.guidance_scale.low},
        "flow_shift": clip.sampling.flow_shift,
        "solver": clip.sampling.solver,
        "precision": clip.numerics.precision,
        "image": clip.image,
        "end_image": clip.last_image,
        "hand_off": list(clip.hand_off.candidates) if clip.hand_off else [],
        "hand_off_frame": clip.hand_off.frame if clip.hand_off else None,
        "hand_off_back": clip.hand_off.back if clip.hand_off else None,
        "start_frame": clip.start_frame,
        "media": [{"name": medium.name, "digest": medium.digest} for medium in clip.media],
        "strength": clip.strength,
        "control_scale": clip.control_scale,
        "camera": clip.camera,
        "loras": [{"digest": lora.digest, "weight": lora.weight, "expert": lora.expert} for lora in clip.loras],
        "estimated_seconds": _seconds(clip.estimated_seconds),
    }


def _seconds(value: float) -> float:
    return round(value, 3)
