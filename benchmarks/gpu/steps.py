"""Seconds a denoising step, of wan's experts and of stock diffusers with the same weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.gpu.models import make_transformer
from benchmarks.gpu.record import Recorder, synchronise
from wan.load import set_attention
from wan.model.attention import AUTO, CUDNN
from wan.model.exact_attention import kernel_in
from wan.model.expert import Expert
from wan.parallel.share import ALONE, Share
from wan.precision import cast_model
from wan.request import Numerics, Precision
from wan.variants import VARIANTS

TIMESTEP = 900
_LAYERS_OF_ERRORS = 10


@dataclass(frozen=True)
class Clip:
    """What a step is taken of."""

    variant: str
    size: tuple[int, int]
    frames: int
    latents: tuple[int, int, int, int]
    """Channels, latent frames, rows, columns."""
    guided: bool = True

    @property
    def name(self) -> str:
        return f"{self.size[0]}x{self.size[1]}"


def clip(variant: str, size: tuple[int, int], frames: int, *, toy: bool = False) -> Clip:
    width, height = size if not toy else (128, 64)
    frames = frames if not toy else (80 if variant == "s2v-14b" else 9)
    vae = VARIANTS[variant].autoencoder
    latent_frames = 20 if variant == "s2v-14b" else (frames - 1) // 4 + 1 + (variant == "animate-14b")
    shape = (vae.channels, latent_frames, height // vae.pixels, width // vae.pixels)
    return Clip(variant, (width, height), frames, shape, guided=variant != "animate-14b")


Step = Callable[[], Any]


def wan_step(model: Any, of: Clip, numerics: Numerics, device: torch.device, share: Share = ALONE) -> Step:
    """One step as `Pipeline.advance` takes it: both prompts where the variant is guided. `share`: in a gang."""
    torch.manual_seed(1)
    texts = [torch.randn(1, 512, model.config.text_dim, device=device) for _ in range(2 if of.guided else 1)]
    latents = torch.randn(1, *of.latents, device=device)
    if of.variant == "s2v-14b":
        return _speech_step(model, of, numerics, texts, latents, share)
    if of.variant == "animate-14b":
        return _animate_step(model, numerics, texts, latents, share)
    if of.variant == "vace-fun-a14b":
        return _vace_step(model, numerics, texts, latents, share)
    expert = Expert(model, numerics, share)
    context = expert.context(texts, latents)
    inputs = latents
    if of.variant == "i2v-a14b":
        inputs = torch.cat([latents, torch.randn(1, 20, *of.latents[1:], device=device)], dim=1)
    return lambda: expert.velocities(inputs, TIMESTEP, context)


def _speech_step(model: Any, of: Clip, numerics: Numerics, texts: list[Tensor], latents: Tensor, share: Share) -> Step:
    from wan.variants.s2v.expert import SpeechExpert

    device, (channels, _, rows, columns) = latents.device, of.latents
    expert, config = SpeechExpert(model, numerics, share), model.config
    context = expert.clip_context(
        texts,
        latents,
        audio=torch.randn(1, config.num_audio_layers, config.audio_dim, of.frames, device=device),
        picture=torch.randn(1, channels, 1, rows, columns, device=device),
        motion=torch.randn(1, channels, model.motion_latent_frames, rows, columns, device=device),
        pose=None,
    )
    return lambda: expert.velocities(latents, TIMESTEP, context)


def _animate_step(model: Any, numerics: Numerics, texts: list[Tensor], latents: Tensor, share: Share) -> Step:
    from wan.variants.animate.expert import AnimateExpert

    expert, device = AnimateExpert(model, numerics, share), latents.device
    frames = (latents.shape[2] - 2) * 4 + 1
    context = expert.clip_context(
        texts,
        latents,
        features=torch.randn(1, 257, model.config.image_dim, device=device),
        pose=torch.randn(1, 16, latents.shape[2] - 1, *latents.shape[3:], device=device),
        motions=[torch.randn(1, frames, model.config.motion_encoder_dim, device=device) for _ in texts],
    )
    inputs = torch.cat([latents, torch.randn(1, 20, *latents.shape[2:], device=device)], dim=1)
    return lambda: expert.velocities(inputs, TIMESTEP, context)


def _vace_step(model: Any, numerics: Numerics, texts: list[Tensor], latents: Tensor, share: Share) -> Step:
    from wan.variants.vace.expert import ControlExpert

    expert = ControlExpert(model, numerics, share)
    control = torch.randn(1, 96, *latents.shape[2:], device=latents.device)
    context = expert.clip_context(texts, latents, control=control, scale=1.0)
    return lambda: expert.velocities(latents, TIMESTEP, context)


def diffusers_forward(model: Any, of: Clip, device: torch.device) -> Step:
    """One forward of the stock transformer; a guided step takes two."""
    torch.manual_seed(1)
    text = torch.randn(1, 512, model.config.text_dim, device=device, dtype=torch.bfloat16)
    channels = {"i2v-a14b": 36, "animate-14b": 36}.get(of.variant, of.latents[0])
    inputs = torch.randn(1, channels, *of.latents[1:], device=device, dtype=torch.bfloat16)
    more: dict[str, Any] = {}
    if of.variant == "animate-14b":
        size, frames = model.config.motion_encoder_size, (of.latents[1] - 2) * 4 + 1
        more = {
            "encoder_hidden_states_image": torch.randn(1, 257, model.config.image_dim).to(inputs),
            "pose_hidden_states": torch.randn(1, 16, of.latents[1] - 1, *of.latents[2:]).to(inputs),
            "face_pixel_values": torch.randn(1, 3, frames, size, size).to(inputs),
        }
    if of.variant == "vace-fun-a14b":
        more = {"control_hidden_states": torch.randn(1, 96, *of.latents[1:]).to(inputs)}
    timestep = torch.tensor([TIMESTEP], device=device)
    return lambda: model(inputs, timestep, text, return_dict=False, **more)


@contextmanager
def few_blocks(model: Any) -> Iterator[None]:
    """With its first blocks alone, two of each kind: to compile for a size without computing all of it."""
    kept = {name: getattr(model, name) for name in ("blocks", "vace_blocks") if hasattr(model, name)}
    model.blocks = nn.ModuleList(model.blocks[: model.config.vace_layers[1] + 1 if "vace_blocks" in kept else 2])
    if "vace_blocks" in kept:
        model.vace_blocks = nn.ModuleList(model.vace_blocks[:2])
    try:
        yield
    finally:
        for name, blocks in kept.items():
            setattr(model, name, blocks)


@torch.inference_mode()
def measure_steps(
    out: Recorder,
    clips: list[Clip],
    *,
    toy: bool,
    precision: Precision = "reference",
    compiled: bool = True,
    stock: bool = True,
    stock_at: Sequence[str] | None = None,
    repeats: int = 2,
    attentions: Sequence[str] = (AUTO,),
) -> None:
    """A variant's transformer at each size: stock diffusers compiled, then wan's expert with each attention kernel, all
    with the same weights."""
    variant, device = clips[0].variant, out.device
    model = cast_model(make_transformer(variant, device, toy=toy), "bf16")
    if stock:
        attention = CUDNN if device.type == "cuda" else "sdpa"
        set_attention(model, Numerics("bf16", attention), device)
        model.compile_repeated_blocks(fullgraph=True, dynamic=False)
        for of in [each for each in clips if stock_at is None or each.name in stock_at]:
            with out.job(f"{variant} diffusers {of.name}"):
                _diffusers_row(out, model, of, attention, repeats)
    cast_model(model, precision)
    for of, attention in [(of, attention) for of in clips for attention in attentions]:
        numerics = Numerics(precision, attention=attention, compile=compiled)
        set_attention(model, numerics, device)
        with out.job(f"{variant} wan {of.name} {precision} {attention}"):
            step = wan_step(model, of, numerics, device)
            warm_up(model, step)
            found = out.measure(step, repeats)
            if out.profile:
                _profile(
                    out, model, step, f"wan-{of.variant}-{of.name}-{precision}{'' if compiled else '-eager'}{attention}"
                )
            out.add(
                "step", implementation="wan", variant=variant, size=of.name, frames=of.frames, guided=of.guided,
                precision=precision, attention=attention, kernel=kernel_name(numerics, device), compile=compiled,
                **found,
            )  # fmt: skip


def kernel_name(numerics: Numerics, device: torch.device) -> str:
    return kernel_in(numerics.precision, device) if numerics.attention == AUTO else numerics.attention


def _diffusers_row(out: Recorder, model: Any, of: Clip, attention: str, repeats: int) -> None:
    forward = diffusers_forward(model, of, out.device)
    warm_up(model, forward)
    found = out.measure(forward, repeats)
    if out.profile:
        _profile(out, model, forward, f"diffusers-{of.variant}-{of.name}")
    forwards = 2 if of.guided else 1
    out.add(
        "step", implementation="diffusers", variant=of.variant, size=of.name, frames=of.frames, guided=of.guided,
        precision="bf16", attention=attention, compile=True, forward_seconds=found["seconds"],
        **(found | {"seconds": found["seconds"] * forwards}),
    )  # fmt: skip


def _profile(out: Recorder, model: Any, step: Step, name: str) -> None:
    """Which kernels the time of two blocks goes to."""
    from torch.profiler import ProfilerActivity, profile

    with few_blocks(model), profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as seen:
        step()
        synchronise(out.device)
    table = seen.key_averages().table(sort_by="self_cuda_time_total", row_limit=30, max_name_column_width=90)
    out.path.with_name(f"{out.path.stem}-{name}.txt").write_text(table)


def warm_up(model: Any, step: Step) -> None:
    if type(model).__name__ in ("WanTransformer3DModel", "WanS2VTransformer3DModel", "WanVACETransformer3DModel"):
        with few_blocks(model):
            step()
            step()
    else:
        step()


@torch.inference_mode()
def measure_precisions(out: Recorder, *, toy: bool) -> None:
    """‖v − v_fp32‖ / ‖v_fp32‖ of T2V-A14B with ten blocks of full width, on a short clip."""
    device = out.device
    of = clip("t2v-a14b", (832, 480), 17, toy=toy)
    layers = 4 if toy else _LAYERS_OF_ERRORS
    exact = make_transformer("t2v-a14b", device, toy=toy, dtype=torch.float32, layers=layers)
    wanted = velocities_of(wan_step(exact, of, Numerics("fp32"), device))
    state = {name: tensor.cpu() for name, tensor in exact.state_dict().items()}
    del exact
    precisions: list[Precision] = ["bf16", "reference", "fp8_storage"]
    if device.type == "cuda":
        precisions.append("fp8")
    for precision in precisions:
        with out.job(f"error of {precision}"):
            model = make_transformer("t2v-a14b", device, toy=toy, layers=layers)
            for name, weight in model.named_parameters():
                weight.data = state[name].to(device)
            cast_model(model, precision)
            found = velocities_of(wan_step(model, of, Numerics(precision), device))
            error = float((found - wanted).norm() / wanted.norm())
            out.add("error", precision=precision, size=of.name, frames=of.frames, error=error)


def velocities_of(step: Step) -> Tensor:
    found = step()
    return torch.stack([each.float() for each in found])
