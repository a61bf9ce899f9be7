"""The bars of the tiny VACE, on combinations and seeds that training never saw: going on from frames, references,
masks, silhouettes."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, get_args

import torch
from torch import Tensor

from wan.request import ArrayVideo, ClipRequest, Frames, Image
from wan.tiny import captions
from wan.tiny.controls import box_mask, silhouette
from wan.tiny.draw import Staging, draw_batch, draw_on_white, stage, to_frames
from wan.tiny.measure import Case, psnr, read_clips
from wan.tiny.paths import Path
from wan.tiny.render import FamilyRenderer
from wan.tiny.world import NUM_FRAMES

KNOWN = 9
"""Frames that a clip goes on from: the 4n + 1 that the pipeline takes."""
Way: TypeAlias = Literal["extend", "reference", "inpaint", "silhouette"]
Figures: TypeAlias = dict[str, float]


def measure_vace(renderer: FamilyRenderer, some: Sequence[Case], ways: Sequence[Way] = get_args(Way)) -> Figures:
    """Percent right of shape, colour and motion, and dB of what had to be kept, of each way to be controlled."""
    drawn = [draw_batch([stage(case.scene, case.seed)]) for case in some]
    true = [torch.from_numpy(to_frames(video))[0] for video, _ in drawn]
    sprites = [alpha[0, 0] for _, alpha in drawn]
    result: Figures = {}
    for way in ways:
        result |= {f"{way}_{name}": figure for name, figure in _MEASURES[way](renderer, some, true, sprites).items()}
    return result


def _extend(renderer: FamilyRenderer, some: Sequence[Case], true: Sequence[Tensor], _: Sequence[Tensor]) -> Figures:
    clips = _render(renderer, some, [{"before": clip[:KNOWN].numpy()} for clip in true])
    known = [psnr(clip[:KNOWN], wanted[:KNOWN]) for clip, wanted in zip(clips, true, strict=True)]
    return _right(clips, some) | {"known_db": sum(known) / len(known)}


def _reference(renderer: FamilyRenderer, some: Sequence[Case], _: Sequence[Tensor], __: Sequence[Tensor]) -> Figures:
    shown = [{"references": (portrait(case),)} for case in some]
    return _right(_render(renderer, some, shown, [unnamed(case) for case in some]), some)


def _inpaint(
    renderer: FamilyRenderer, some: Sequence[Case], true: Sequence[Tensor], sprites: Sequence[Tensor]
) -> Figures:
    masks = [box_mask(alpha) for alpha in sprites]
    given = [
        {"control": ArrayVideo(clip.numpy()), "mask": ArrayVideo(mask)} for clip, mask in zip(true, masks, strict=True)
    ]
    clips = _render(renderer, some, given)
    kept = [_outside(clip, wanted, mask) for clip, wanted, mask in zip(clips, true, masks, strict=True)]
    return _right(clips, some) | {"kept_db": sum(kept) / len(kept)}


def _silhouette(
    renderer: FamilyRenderer, some: Sequence[Case], _: Sequence[Tensor], sprites: Sequence[Tensor]
) -> Figures:
    return _right(_render(renderer, some, [{"control": ArrayVideo(silhouette(alpha))} for alpha in sprites]), some)


_MEASURES: Mapping[Way, Callable[..., Figures]] = {
    "extend": _extend,
    "reference": _reference,
    "inpaint": _inpaint,
    "silhouette": _silhouette,
}


def _render(
    renderer: FamilyRenderer, some: Sequence[Case], media: Sequence[dict[str, Any]], prompts: Sequence[str] = ()
) -> list[Tensor]:
    clips = []
    for number, (case, given) in enumerate(zip(some, media, strict=True)):
        request = ClipRequest(
            prompt=prompts[number] if prompts else case.prompt,
            negative_prompt=renderer.negative_prompt,
            width=renderer.size[0],
            height=renderer.size[1],
            num_frames=NUM_FRAMES,
            sampling=renderer.sampling,
            seed=case.seed,
            **given,
        )
        pipeline = renderer.pipeline
        clips.append(torch.from_numpy(pipeline.decode(pipeline.advance(pipeline.encode(request)))))
    return clips


def _right(clips: Sequence[Tensor], some: Sequence[Case]) -> Figures:
    pairs = list(zip(read_clips(torch.stack(list(clips))), [case.scene for case in some], strict=True))
    hits = {
        "shape": sum(reading.shape == scene.shape for reading, scene in pairs),
        "colour": sum(reading.colour == scene.colour for reading, scene in pairs),
        "motion": sum(reading.motion == scene.motion for reading, scene in pairs),
    }
    return {what: 100.0 * count / len(pairs) for what, count in hits.items()}


def portrait(case: Case) -> Image:
    """The case's sprite alone on white, uint8 `[H, W, 3]`."""
    path = Path((0.5, 0.5), (0.5, 0.5), (0.32, 0.32))
    picture: Image = to_frames(draw_on_white([Staging(case.scene, path, 0.0)])[:, :, None])[0, 0]
    return picture


def unnamed(case: Case) -> str:
    """A prompt for the case that says neither shape nor colour."""
    rng = random.Random(case.seed)
    where = f"{captions.PLACE_PHRASES[case.scene.place][0]} {captions.LIGHT_PHRASES[case.scene.light][0]}"
    return f"a paper toy {rng.choice(captions.MOTION_PHRASES[case.scene.motion])}, {where}"


def _outside(clip: Tensor, wanted: Tensor, mask: Frames) -> float:
    """dB of the pixels that the mask keeps."""
    kept = torch.from_numpy(mask[..., 0] == 0)
    return psnr(clip[kept], wanted[kept])
