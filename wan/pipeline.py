"""The one loop for all two-expert variants: `encode → advance → decode`.

Order of things, as in the reference: the expert is chosen by timestep ≥ boundary, its own guidance scale applies,
v = v_negative + g·(v_prompt − v_negative) in fp32, and one solver goes through both experts without a break.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from wan.condition import image_condition
from wan.errors import Cancelled, RequestError, StateError
from wan.expert import Context, Expert
from wan.images import fit_image, to_pixels
from wan.request import ClipRequest, Frames, Guidance, Image, Numerics, Sampling
from wan.sampling.schedule import Schedule, schedule
from wan.sampling.solver import Solver, SolverState
from wan.state import State
from wan.text import TextEncoder
from wan.vae import Vae
from wan.validate import check_request
from wan.variants import Variant

Progress = Callable[[int, int], None]
"""Called after every step with the steps done and the steps in all."""

_LATENT_STRIDE = 8  # pixels per latent
_TEMPORAL_STRIDE = 4  # frames per latent frame


@dataclass(frozen=True, slots=True)
class Experts:
    """The high-noise and the low-noise transformer."""

    high: Expert
    low: Expert


class Pipeline:
    """One loaded variant. It holds models, never a request: several clips may be under way, each in its `State`."""

    def __init__(
        self,
        variant: Variant,
        *,
        text: TextEncoder,
        experts: Experts,
        vae: Vae,
        numerics: Numerics,
        checkpoint: str,
    ) -> None:
        """Use `load_pipeline`. `checkpoint` is the revision states are marked with."""
        self.variant = variant
        self.numerics = numerics
        self.checkpoint = checkpoint
        self._text = text
        self._experts = experts
        self._vae = vae
        self.device = experts.high.device

    @torch.inference_mode()
    def encode(self, request: ClipRequest) -> State:
        """Prompt and pictures to embeddings and condition, and the seed to noise: the state before the first step.

        Raises `RequestError` before any tensor is made when the variant cannot make this clip.
        """
        check_request(request, self.variant)
        condition = None
        if request.image is not None:
            size = (request.width, request.height)
            first = fit_image(request.image, size)
            last = None if request.last_image is None else fit_image(request.last_image, size)
            condition = image_condition(self._vae, first, last, request.num_frames)
        guided = _is_guided(request.sampling.guidance_scale)
        generator = torch.Generator("cpu").manual_seed(request.seed)
        return self.begin(
            sampling=request.sampling,
            noise=torch.randn(_latent_shape(request), generator=generator, dtype=torch.float32),
            embeddings=self._text.encode(request.prompt),
            negative_embeddings=self._text.encode(request.negative_prompt) if guided else None,
            condition=condition,
            seed=request.seed,
            generator=generator.get_state(),
            request_digest=request_digest(request),
        )

    def begin(
        self,
        *,
        sampling: Sampling,
        noise: Tensor,
        embeddings: Tensor,
        negative_embeddings: Tensor | None,
        condition: Tensor | None = None,
        seed: int = 0,
        generator: Tensor | None = None,
        request_digest: str = "",
    ) -> State:
        """The state before the first step from tensors made elsewhere: noise fp32 `[1, C, F, h, w]`, embeddings
        `[1, L, D]`, condition fp32 `[1, 20, F, h, w]` (I2V)."""
        return State(
            variant=self.variant.name,
            checkpoint=self.checkpoint,
            request_digest=request_digest,
            seed=seed,
            sampling=sampling,
            numerics=self.numerics,
            step=0,
            latents=noise.to(self.device, torch.float32),
            embeddings=embeddings,
            negative_embeddings=negative_embeddings,
            condition=condition,
            generator=torch.empty(0, dtype=torch.uint8) if generator is None else generator,
            solver=SolverState(),
        )

    @torch.inference_mode()
    def advance(
        self,
        state: State,
        to_step: int | None = None,
        *,
        on_step: Progress | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> State:
        """Take steps until `to_step` of them are done (default: all). The state given is not changed.

        `should_stop` is asked before every step; when it says yes, `Cancelled` is raised with the state reached.
        Raises `StateError` when the state belongs to another pipeline.
        """
        self._check_state(state)
        target = state.steps if to_step is None else to_step
        if not state.step <= target <= state.steps:
            raise RequestError(f"to_step: {target} is not between {state.step} (done) and {state.steps} (all)")
        run = _Run(self._experts, state, self.device)
        for step in range(state.step, target):
            if should_stop is not None and should_stop():
                raise Cancelled(run.state(step))
            run.take(step)
            if on_step is not None:
                on_step(step + 1, state.steps)
        return run.state(target)

    @torch.inference_mode()
    def decode(self, state: State) -> Frames:
        """The frames, uint8 `[F, H, W, 3]`. Of an unfinished state: what it looks like so far, noise included."""
        self._check_state(state)
        return to_pixels(self._vae.decode(state.latents))

    def _check_state(self, state: State) -> None:
        mine = (self.variant.name, self.checkpoint, self.numerics)
        if (state.variant, state.checkpoint, state.numerics) != mine:
            raise StateError(
                f"the state was made by {state.variant} ({state.checkpoint[:12]}, {state.numerics}), this pipeline is "
                f"{self.variant.name} ({self.checkpoint[:12]}, {self.numerics})"
            )


class _Run:
    """The loop of one call: a solver and, per expert, what its steps share."""

    def __init__(self, experts: Experts, state: State, device: torch.device) -> None:
        self._experts, self._start = experts, state
        self._schedule: Schedule = schedule(state.sampling)
        memory = {name: tensor.to(device) for name, tensor in state.solver.tensors.items()}
        self._solver = Solver(state.sampling.solver, self._schedule, SolverState(memory, state.solver.counters))
        self._latents = state.latents.to(device, torch.float32)
        self._condition = None if state.condition is None else state.condition.to(device)
        self._contexts: dict[bool, Context] = {}

    def take(self, step: int) -> None:
        high = bool(self._schedule.high_noise[step])
        timestep = int(self._schedule.timesteps[step])
        velocity = self._velocity(high, timestep)
        self._latents = self._solver.step(velocity, self._latents)

    def state(self, step: int) -> State:
        if step == self._start.step:
            return self._start
        return self._start.after(step, self._latents, self._solver.state())

    def _velocity(self, high: bool, timestep: int) -> Tensor:
        expert = self._experts.high if high else self._experts.low
        inputs = self._latents
        if self._condition is not None:
            inputs = torch.cat([inputs, self._condition], dim=1)
        found = expert.velocities(inputs, timestep, self._context(high, expert))
        if len(found) == 1:
            return found[0]
        prompted, negative = found
        return negative + self._guidance(high) * (prompted - negative)

    def _guidance(self, high: bool) -> float:
        guidance = self._start.sampling.guidance_scale
        return guidance.high if high else guidance.low

    def _context(self, high: bool, expert: Expert) -> Context:
        if high not in self._contexts:
            embeddings = [self._start.embeddings]
            if self._guidance(high) != 1:
                if self._start.negative_embeddings is None:
                    raise StateError("the state has no negative prompt, but its guidance scale is not 1")
                embeddings.append(self._start.negative_embeddings)
            self._contexts[high] = expert.context(embeddings, self._latents)
        return self._contexts[high]


def request_digest(request: ClipRequest) -> str:
    """sha256 (hex) of everything in a request, pictures included."""
    values: dict[str, Any] = asdict(request)
    for name in ("image", "last_image"):
        picture: Image | None = values.pop(name)
        if picture is not None:
            values[name] = [list(picture.shape), hashlib.sha256(picture.tobytes()).hexdigest()]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _is_guided(guidance: Guidance) -> bool:
    return guidance.high != 1 or guidance.low != 1


def _latent_shape(request: ClipRequest) -> tuple[int, int, int, int, int]:
    frames = (request.num_frames - 1) // _TEMPORAL_STRIDE + 1
    return 1, 16, frames, request.height // _LATENT_STRIDE, request.width // _LATENT_STRIDE
