"""The WAN 2.2 variants: what each takes, in which sizes and lengths, and how the reference samples it.

Numbers are those of the reference implementation (Wan-Video/Wan2.2, commit 42bf4cf). A new variant is one entry here
and one method in `wan.variants.methods`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from wan.request import Guidance, Sampling

REFERENCE_NEGATIVE_PROMPT = (
    "色调艳丽，过曝，静态，细节模糊不清，字幕，风格，作品，画作，画面，静止，整体发灰，最差质量，低质量，"
    "JPEG压缩残留，丑陋的，残缺的，多余的手指，画得不好的手部，画得不好的脸部，畸形的，毁容的，形态畸形的肢体，"
    "手指融合，静止不动的画面，杂乱的背景，三条腿，背景人很多，倒着走"
)
S2V_NEGATIVE_PROMPT = (
    "画面模糊，最差质量，画面模糊，细节模糊不清，情绪激动剧烈，手快速抖动，字幕，丑陋的，残缺的，多余的手指，"
    "画得不好的手部，画得不好的脸部，畸形的，毁容的，形态畸形的肢体，手指融合，静止不动的画面，杂乱的背景，"
    "三条腿，背景人很多，倒着走"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One WAN 2.2 model.

    `inputs` are the storyboard keys it can use beside a prompt, `needs` those it cannot do without. Lengths are
    `frame_step`·n + 1 frames, natively `num_frames` at `fps`; sizes are multiples of `size_multiple` pixels. `rendered`
    says whether this version renders it; the others are planned for and refused with a clear message. `render_epoch` is
    raised only when the pixels of this variant change for the same request.

    Of a shot that is longer than one clip, a following clip starts from the last `frame` of the one before, from its
    last `frames`, or from what that one `carried` on (tensors, without a codec in between); `carried_frames` of them
    unless it is one. It repeats `overlap` frames, which the film hides, and is natively `following_frames` long (None:
    as the first); its lengths are that plus or minus multiples of `frame_step`. T2V follows itself over a video alone.
    """

    name: str
    inputs: frozenset[str]
    needs: frozenset[str]
    size: tuple[int, int]
    size_multiple: int
    num_frames: int
    frame_step: int
    fps: float
    sampling: Sampling
    chained: Literal["frame", "frames", "carried"] = "frame"
    overlap: int = 1
    following_frames: int | None = None
    carried_frames: int = 0
    negative_prompt: str = REFERENCE_NEGATIVE_PROMPT
    rendered: bool = False
    render_epoch: int = 1


def _unipc(steps: int, shift: float, high: float, low: float, boundary: float | None = None) -> Sampling:
    return Sampling(steps, shift, Guidance(high, low), "unipc", boundary)


_TABLE = (
    Variant(
        name="t2v-a14b",
        inputs=frozenset({"video"}),
        needs=frozenset(),
        size=(1280, 720),
        size_multiple=16,
        num_frames=81,
        frame_step=4,
        fps=16,
        sampling=_unipc(40, 12.0, 4.0, 3.0, 0.875),
        chained="frames",
        overlap=5,
        carried_frames=5,
        rendered=True,
        render_epoch=2,
    ),
    Variant(
        name="i2v-a14b",
        inputs=frozenset({"image", "end_image", "continuity"}),
        needs=frozenset({"image"}),
        size=(1280, 720),
        size_multiple=16,
        num_frames=81,
        frame_step=4,
        fps=16,
        sampling=_unipc(40, 5.0, 3.5, 3.5, 0.900),
        rendered=True,
        render_epoch=3,
    ),
    Variant(
        name="ti2v-5b",
        inputs=frozenset({"image", "continuity"}),
        needs=frozenset(),
        size=(1280, 704),
        size_multiple=32,
        num_frames=121,
        frame_step=4,
        fps=24,
        sampling=_unipc(50, 5.0, 5.0, 5.0),
        rendered=True,
        render_epoch=2,
    ),
    Variant(
        name="s2v-14b",
        inputs=frozenset({"image", "audio", "motion", "continuity"}),
        needs=frozenset({"image", "audio"}),
        size=(1024, 704),
        size_multiple=64,
        num_frames=77,
        frame_step=4,
        fps=16,
        sampling=_unipc(40, 3.0, 4.5, 4.5),
        chained="carried",
        overlap=0,
        following_frames=80,
        carried_frames=73,
        negative_prompt=S2V_NEGATIVE_PROMPT,
        rendered=True,
        render_epoch=3,
    ),
    Variant(
        name="animate-14b",
        inputs=frozenset({"image", "motion"}),
        needs=frozenset({"image", "motion"}),
        size=(1280, 720),
        size_multiple=16,
        num_frames=77,
        frame_step=4,
        fps=30,
        sampling=_unipc(20, 5.0, 1.0, 1.0),
        chained="carried",
        rendered=True,
        render_epoch=2,
    ),
    Variant(
        name="vace-fun-a14b",
        inputs=frozenset({"image", "control", "references", "continuity"}),
        needs=frozenset({"control"}),
        size=(1280, 720),
        size_multiple=16,
        num_frames=81,
        frame_step=4,
        fps=16,
        # not in the reference: what its publisher samples it with (aigc-apps/VideoX-Fun)
        sampling=_unipc(50, 12.0, 5.0, 5.0, 0.875),
        chained="frames",
        overlap=5,
        carried_frames=5,
        rendered=True,
        render_epoch=2,
    ),
)

VARIANTS: Mapping[str, Variant] = MappingProxyType({variant.name: variant for variant in _TABLE})
