"""Checks of a request against its variant: every mistake is named, with the nearest valid value, before any tensor."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np

from wan.errors import RequestError
from wan.frames.geometry import allowed_lengths, nearest_sizes
from wan.inputs import USES, can_use, cannot_use, needs, one_transformer, who_can
from wan.request import ClipRequest, Frames, Guidance, Image, Sampling, Solver
from wan.sampling.schedule import NUM_TRAIN_TIMESTEPS
from wan.variants import VARIANTS, Variant

_MAX_SEED = 2**63 - 1
_SOLVERS: tuple[Solver, ...] = get_args(Solver)


def find_variant(name: str) -> Variant:
    """The variant of that name. Raises `RequestError` for an unknown one."""
    variant = VARIANTS.get(name)
    if variant is None:
        raise RequestError(f"variant: there is no {name!r}; there are {', '.join(VARIANTS)}")
    return variant


def check_request(request: ClipRequest, variant: Variant) -> None:
    """Raises `RequestError` unless the variant can make this clip."""
    for field in ("prompt", "negative_prompt"):
        if not isinstance(getattr(request, field), str):
            raise RequestError(f"{field}: text is expected, not {type(getattr(request, field)).__name__}")
    if not isinstance(request.seed, int) or not 0 <= request.seed <= _MAX_SEED:
        raise RequestError(f"seed: {request.seed} is not a whole number from 0 to {_MAX_SEED}")
    _check_size(request, variant)
    _check_length(request, variant)
    check_sampling(request.sampling, variant)
    _check_uses(request, variant)
    _check_images(request, variant)
    _check_media(request, variant)
    for lora in request.loras:
        if not math.isfinite(lora.weight):
            raise RequestError(f"loras: {lora.weight} is no weight")
        if variant.experts == 1 and lora.expert != "both":
            one = one_transformer(variant, f"{lora.expert}-noise expert")
            raise RequestError(f"loras: {one}; leave `expert: {lora.expert}` out")


def _check_size(request: ClipRequest, variant: Variant) -> None:
    size, multiple = (request.width, request.height), variant.size_multiple
    if all(isinstance(side, int) and side > 0 and side % multiple == 0 for side in size):
        return
    below, above = nearest_sizes((int(size[0]), int(size[1])), multiple)
    raise RequestError(
        f"width, height: {size[0]}x{size[1]} is not possible, {variant.name} needs multiples of {multiple}; nearest "
        f"are {below[0]}x{below[1]} and {above[0]}x{above[1]}"
    )


def _check_length(request: ClipRequest, variant: Variant) -> None:
    frames, step = request.num_frames, variant.frame_step
    following = request.carried is not None or request.before is not None
    near = sorted(set(allowed_lengths(variant, None, int(frames), following=following)))
    if isinstance(frames, int) and frames in near:
        return
    form = f"{step}n + {near[0] % step}" if near[0] % step else f"{step}n"
    raise RequestError(
        f"num_frames: {frames} is not possible, {variant.name} renders {form} frames; nearest are "
        f"{' and '.join(map(str, near))}"
    )


def check_sampling(sampling: Sampling, variant: Variant) -> None:
    """Raises `RequestError` unless the variant can be sampled like this."""
    steps = sampling.num_inference_steps
    if not isinstance(steps, int) or not 1 <= steps <= NUM_TRAIN_TIMESTEPS:
        raise RequestError(f"num_inference_steps: {steps} is not a whole number from 1 to {NUM_TRAIN_TIMESTEPS}")
    if not (math.isfinite(sampling.flow_shift) and sampling.flow_shift > 0):
        raise RequestError(f"flow_shift: {sampling.flow_shift} is not a positive number")
    if sampling.solver not in _SOLVERS:
        raise RequestError(f"solver: there is no {sampling.solver!r}; there are {', '.join(_SOLVERS)}")
    _check_guidance(sampling.guidance_scale)
    boundary = sampling.boundary_ratio
    if variant.experts == 1:
        if boundary is not None:
            raise RequestError(f"boundary_ratio: {one_transformer(variant, 'boundary between two')}; leave it out")
    elif boundary is None or not 0 <= boundary <= 1:
        usual = variant.sampling.boundary_ratio
        raise RequestError(f"boundary_ratio: {boundary} is not a number from 0 to 1; {variant.name} uses {usual}")


def _check_guidance(guidance: Guidance) -> None:
    for name, scale in (("high", guidance.high), ("low", guidance.low)):
        if not (math.isfinite(scale) and scale >= 1):
            raise RequestError(f"guidance_scale.{name}: {scale} is not a number from 1 up (1 turns guidance off)")


def _check_uses(request: ClipRequest, variant: Variant) -> None:
    for field, uses in USES.items():
        given = getattr(request, field)
        if given is None or (isinstance(given, tuple | str) and not given) or can_use(variant, field):
            continue
        able = who_can(*uses)
        raise RequestError(f"{field}: {cannot_use(variant, 'it')}" + (f"; {able}" if able else ""))


def _check_images(request: ClipRequest, variant: Variant) -> None:
    from_before = request.before is not None or "reference" in (request.carried or {})
    if request.image is None and "image" in variant.needs and not from_before:
        raise RequestError(f"image: {needs(variant, 'image')}{_of_text_alone()}")
    for field, image in (("image", request.image), ("last_image", request.last_image)):
        if image is not None:
            _check_image(field, image)
    for number, reference in enumerate(request.references):
        _check_image(f"references[{number}]", reference)


def _of_text_alone() -> str:
    able = [name for name, other in VARIANTS.items() if not other.needs]
    return f"; for text alone use {' or '.join(able)}" if able else ""


def _check_media(request: ClipRequest, variant: Variant) -> None:
    if request.before is not None:
        _check_before(request.before, variant)
    if request.audio is None and "audio" in variant.needs:
        raise RequestError(f"audio: {needs(variant, 'audio')}")
    begins_with = len(request.before) if request.before is not None else int(request.image is not None)
    known = begins_with if variant.chained == "frames" else 0
    if request.start_frame < -known:
        begins = f" and the {known} frames that it begins with" if known else ""
        raise RequestError(f"start_frame: {request.start_frame} lies before the shot{begins}")
    if not 0 <= request.control_scale <= 10:
        raise RequestError(f"control_scale: {request.control_scale} is not between 0 and 10 (1 is usual)")
    if request.strength is not None and not 0 < request.strength <= 1:
        raise RequestError(f"strength: {request.strength} is not above 0 and at most 1 (1 keeps nothing of the video)")
    if (request.video is None) != (request.strength is None):
        raise RequestError("video, strength: video to video needs both")


def _check_before(before: Frames, variant: Variant) -> None:
    if not variant.carried_frames:
        of = "what the clip before carried on (carried)" if variant.chained == "carried" else "one picture (image)"
        raise RequestError(f"before: {variant.name} goes on from {of}")
    if before.dtype != np.uint8 or before.ndim != 4 or before.shape[3] != 3 or 0 in before.shape:
        raise RequestError(f"before: RGB frames as uint8 [F, H, W, 3] are expected, not {before.dtype} {before.shape}")


def _check_image(field: str, image: Image) -> None:
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        given = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise RequestError(f"{field}: an RGB picture as uint8 [H, W, 3] is expected, not {given}")
    if 0 in image.shape:
        raise RequestError(f"{field}: the picture is empty ({image.shape[1]}x{image.shape[0]})")
