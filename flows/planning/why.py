"""What changed since the last finished film of this storyboard, in words."""

from __future__ import annotations

from collections.abc import Mapping

from flows.planning.model import Clip, HandOff, Plan, Take
from flows.resolve import PastShot
from wan.model.attention import computed
from wan.variants import VARIANTS

IN_STORE = "in the store"
_CONSEQUENCES = {
    "variant": ("checkpoint", "renderer", "steps", "guidance", "flow shift", "solver", "boundary", "negative prompt"),
    "length": ("checkpoint", "renderer"),
}
"""Another variant has other defaults, another length other segments: only the cause is worth saying."""


def why_new(upstream: str | None, index: int, clips: tuple[Clip, ...], past: PastShot | None) -> str:
    """Why take `index` (from 0) of a shot must be rendered. `past` is the shot in the last finished film."""
    if past is None:
        reason = "new shot"
    elif clips[-1].fingerprint in past.takes:
        reason = "no longer in the store"
    else:
        changed = _changes(facts_of(clips, index), past.facts, upstream)
        reason = "; ".join(changed) if changed else "new take"
    found = sum(clip.status == "cached" for clip in clips)
    return f"{reason} ({found} of {len(clips)} segments in the store)" if found else reason


def facts_of(clips: tuple[Clip, ...], index: int = 0) -> dict[str, object]:
    """What take `index` of a shot is made of, by the names people know. Plain JSON values; the seed is take 0's."""
    first, sampling = clips[0], clips[0].sampling
    usual = VARIANTS[first.variant].sampling.boundary_ratio
    return {
        "prompt": first.prompt,
        "negative prompt": first.negative_prompt,
        "seed": first.seed - index,
        "variant": first.variant,
        "checkpoint": [clip.checkpoint for clip in clips],
        "renderer": [VARIANTS[clip.variant].render_epoch for clip in clips],
        "size": [first.width, first.height],
        "length": [clip.num_frames for clip in clips],
        "steps": sampling.num_inference_steps,
        "guidance": [float(sampling.guidance_scale.high), float(sampling.guidance_scale.low)],
        "flow shift": float(sampling.flow_shift),
        "solver": sampling.solver,
        "boundary": None if sampling.boundary_ratio == usual else sampling.boundary_ratio,
        "precision": first.numerics.precision,
        "attention": computed(first.numerics.attention),
        "tiling": first.numerics.vae_tiling,
        "compilation": first.numerics.compile,
        "image": first.image,
        "end image": clips[-1].last_image,
        **_media(first),
        "strength": first.strength,
        "camera path": first.camera,
        "control scale": None if first.control_scale == 1 else first.control_scale,
        "LoRAs": _loras(clips),
        "how inputs are read": sorted({name for clip in clips for name in clip.treated}),
        "continuity": _continuity(first.hand_off),
    }


def _loras(clips: tuple[Clip, ...]) -> list[list[object]]:
    """Of all segments: later ones may be another variant's, with LoRAs of its own."""
    laid = ((lora.digest, float(lora.weight), lora.expert) for clip in clips for lora in clip.loras)
    return [list(one) for one in dict.fromkeys(laid)]


def _continuity(hand_off: HandOff | None) -> list[object] | None:
    """Which takes, and which of their frames."""
    if hand_off is None:
        return None
    return [list(hand_off.candidates), hand_off.rule, hand_off.frame, *([hand_off.back] if hand_off.back else [])]


def _media(clip: Clip) -> dict[str, object]:
    """Digests of what drives the clip, by name."""
    found: dict[str, list[str]] = {}
    for medium in clip.media:
        found.setdefault(medium.name, []).append(f"{medium.digest} {medium.option}".strip())
    return dict(found)


def past_of(plan: Plan) -> dict[str, PastShot]:
    """What to remember of a plan once its film is finished."""
    return {shot.id: _past(shot.takes) for shot in plan.shots}


def _past(takes: tuple[Take, ...]) -> PastShot:
    return PastShot(tuple(take.fingerprint for take in takes), facts_of(takes[0].clips))


def _changes(now: Mapping[str, object], then: Mapping[str, object], upstream: str | None) -> list[str]:
    # what one of them lacks, an older version perhaps, is as good as nothing
    names = [name for name in {**now, **then} if (now.get(name) or None) != (then.get(name) or None)]
    for cause, consequences in _CONSEQUENCES.items():
        if cause in names:
            names = [name for name in names if name not in consequences]
    mine, its = now["continuity"], then.get("continuity")
    if "continuity" in names and isinstance(mine, list) and isinstance(its, list):
        names.remove("continuity")
        return [*_say(names), _other_start(mine, its, upstream)]
    return _say(names)


def _other_start(mine: list[object], its: list[object], upstream: str | None) -> str:
    if mine[:1] != its[:1]:
        return f"upstream {upstream} changed"
    if mine[1:2] != its[1:2]:
        return f"another take of {upstream} may be chosen"
    return f"starts from another frame of {upstream}"


def _say(names: list[str]) -> list[str]:
    return [f"{', '.join(names)} changed"] if names else []
