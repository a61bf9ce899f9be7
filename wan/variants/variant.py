"""One WAN 2.2 model as data: the form that every variant fills in its folder (`wan/variants/<name>/facts.py`).

What computes is named, not imported (`wan.variants.named`): planning a film reads these rows, and never imports torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Literal

from wan.request import Sampling, Size
from wan.variants.components import ComponentKind
from wan.variants.instruction import Instruction
from wan.variants.published import Model
from wan.variants.sizes import FRAMES_A_LATENT, PATCH, Autoencoder, Coding, Transformer

REFERENCE_NEGATIVE_PROMPT = (
    "色调艳丽，过曝，静态，细节模糊不清，字幕，风格，作品，画作，画面，静止，整体发灰，最差质量，低质量，"
    "JPEG压缩残留，丑陋的，残缺的，多余的手指，画得不好的手部，画得不好的脸部，畸形的，毁容的，形态畸形的肢体，"
    "手指融合，静止不动的画面，杂乱的背景，三条腿，背景人很多，倒着走"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One WAN 2.2 model.

    `inputs` are the storyboard keys it can use beside a prompt, `needs` those it cannot do without. Lengths are
    `frame_step`·n + 1 frames, natively `num_frames` at `fps`; the reference renders clips of `only_lengths` alone,
    those that go on from another one of `only_following_lengths` (empty: of any). Sizes are multiples of
    `size_multiple` pixels, natively `size`, or `small_size` on small devices; `image_size` is the rule of the reference
    for a size that follows a picture: (size of the picture, greatest area) → size. `render_epoch` is raised only when
    the pixels of this variant change for the same request.

    Of a shot that is longer than one clip, a following clip starts from the last `frame` of the one before, from its
    last `frames`, or from what that one `carried` on (tensors, without a codec in between); `carried_frames` of them
    unless it is one. It repeats `overlap` frames, which the film hides, and is natively `following_frames` long (None:
    as the first); its lengths are that plus or minus multiples of `frame_step`. T2V follows itself over a video alone.

    `encoder_bytes` are those of encoders of pictures or sounds, in fp32. `pipeline` is diffusers' class for it,
    `pipeline_config` what `model_index.json` says beside its parts. `own_layers` begin or mark the names of layers
    that no other variant has. `method`, `conversion` and `reference_key` are named as `module:name`: the class that
    renders it, how a checkpoint in the reference's layout is converted, and the place in the class that runs of one key
    of the reference.
    """

    name: str
    inputs: frozenset[str]
    needs: frozenset[str]
    size: Size
    small_size: Size = (832, 480)
    size_multiple: int = 16
    num_frames: int
    frame_step: int = FRAMES_A_LATENT
    fps: float
    sampling: Sampling
    method: str
    chained: Literal["frame", "frames", "carried"] = "frame"
    overlap: int = 1
    following_frames: int | None = None
    carried_frames: int = 0
    only_lengths: tuple[int, ...] = ()
    only_following_lengths: tuple[int, ...] = ()
    negative_prompt: str = REFERENCE_NEGATIVE_PROMPT
    render_epoch: int = 1
    image_size: Callable[[Size, int], Size] | None = field(default=None, compare=False)
    transformer: Transformer = field(compare=False)
    autoencoder: Autoencoder = field(compare=False)
    coding: Coding = field(default=Coding(), compare=False)
    encoder_bytes: float = 0.0
    components: Mapping[str, ComponentKind] = field(compare=False)
    pipeline: str
    pipeline_config: Mapping[str, object] = field(default_factory=dict, compare=False)
    conversion: str = "wan.convert.conversion:PLAIN"
    reference_key: str = "wan.convert.keys:transformer_key"
    own_layers: tuple[str, ...] = ()
    published: tuple[Model, ...] = field(default=(), compare=False)
    comfyui_files: tuple[str, ...] = ()
    instruction: Instruction = field(compare=False)
    instruction_with_picture: Instruction | None = field(default=None, compare=False)

    @property
    def folder(self) -> str:
        """Where everything of this variant lies, below `wan/variants`: the first word of its name."""
        return self.name.partition("-")[0]

    @property
    def experts(self) -> int:
        """How many transformers it has."""
        return 1 if self.sampling.boundary_ratio is None else 2

    @property
    def pixels_a_token(self) -> int:
        """Pixels a token of its transformer is wide and high."""
        return self.autoencoder.pixels * PATCH

    @property
    def draws_stills(self) -> bool:
        """Whether it renders clips of one frame: of a prompt alone there is something to see in one."""
        return not self.needs

    @property
    def checkpoint(self) -> Model | None:
        """What is published in the layout it is rendered from."""
        return next((model for model in self.published if model.layout == "diffusers"), None)

    def tokens(
        self, width: int, height: int, num_frames: int, *, follows: bool = True, pixels: int | None = None
    ) -> float:
        """How many tokens its transformer takes of a clip, what it is shown beside the clip included. `follows`: the
        clip goes on from another one. A token is `pixels` wide and high: `pixels_a_token` in the released models."""
        side = pixels or self.pixels_a_token
        frames = ceil(num_frames / FRAMES_A_LATENT) + self.transformer.more_frames
        if follows:
            frames += self.transformer.more_following_frames
        return frames * (width / side) * (height / side)
