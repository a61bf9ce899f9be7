"""The one loop for all variants: `encode → advance → decode`. What differs is a `wan.variants.method.Method`.

Order of things, as in the reference: the expert is chosen by timestep ≥ boundary, its own guidance scale applies,
v = v_negative + g·(v_prompt − v_negative) in fp32, and one solver goes through both experts without a break.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor

from wan.culprit import culprit_of_frames, find_culprit
from wan.errors import Cancelled, NumbersError, RequestError, StateError
from wan.lora.apply import apply_loras
from wan.model.attention import AUTO
from wan.model.exact_attention import kernel_in
from wan.model.finite import Look, Watch
from wan.model.parts import Parts
from wan.model.row_major import row_major
from wan.parallel.gang import Alone
from wan.parallel.stops import Stops
from wan.precision import set_convolutions
from wan.request import ClipRequest, ExpertName, Frames, Guidance, Lora, Numerics, Sampling
from wan.sampling.schedule import Schedule, schedule
from wan.sampling.solver import Solver, SolverState
from wan.state import State
from wan.system.stop import ShouldStop, heeding
from wan.validate import check_request
from wan.variants import Variant
from wan.variants.method import Method, Result, method_of

Progress = Callable[[int, int], None]
"""Called after every step with the steps done and the steps in all."""


class Pipeline:
    """One loaded variant. It holds models, never a request: several clips may be under way, each in its `State`."""

    def __init__(
        self, variant: Variant, *, parts: Parts, numerics: Numerics, checkpoint: str, gang: Alone | None = None
    ) -> None:
        """Use `load_pipeline`. `checkpoint` is the revision states are marked with. In a `gang` every member makes the
        same calls with the same arguments."""
        self.variant = variant
        self.numerics = numerics
        self.checkpoint = checkpoint
        self.parts = parts
        self.gang = gang or Alone()
        self.method: Method = method_of(variant)(variant, parts)

    @property
    def device(self) -> torch.device:
        """Where the models run."""
        return self.parts.device

    @property
    def determinism(self) -> str:
        """The class of machines that make the same bits of a request: device, torch, attention kernel."""
        kernel = self.numerics.attention
        if kernel == AUTO:
            kernel = kernel_in(self.numerics.precision, self.device)
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else "cpu"
        layout = self.gang.share.layout
        # prompts apart give the bits of one process on a CPU; on GPUs they were seen to differ
        parted = layout.sequence > 1 or (layout.ranks > 1 and self.device.type == "cuda")
        return f"{name}, torch {torch.__version__}, {kernel}" + (f", {layout}" if parted else "")

    @torch.inference_mode()
    def encode(self, request: ClipRequest, *, should_stop: ShouldStop | None = None) -> State:
        """Prompt, pictures, sounds and videos to embeddings and conditions, and the seed to noise: the state before the
        first step.

        Raises `RequestError` before any tensor is made when the variant cannot make this clip, and `Cancelled` when
        `should_stop` says so, which is not asked in a gang.
        """
        check_request(request, self.variant)
        self.method.check(request)
        with self.gang.guard(), heeding(self._alone(should_stop)):
            return self._encode(request)

    def _encode(self, request: ClipRequest) -> State:
        set_convolutions(self.numerics.precision)
        guided = _is_guided(request.sampling.guidance_scale)
        embeddings = self._read([request.prompt, request.negative_prompt] if guided else [request.prompt])
        conditions = self.method.conditions(request)
        generator = torch.Generator("cpu").manual_seed(request.seed)
        return self.begin(
            sampling=request.sampling,
            noise=self.method.fixed_noise(request, generator),
            embeddings=embeddings[0],
            negative_embeddings=embeddings[1] if guided else None,
            conditions=conditions,
            loras=request.loras,
            seed=request.seed,
            generator=generator.get_state(),
            request_digest=request_digest(request),
        )

    def _read(self, prompts: Sequence[str]) -> list[Tensor]:
        """Embeddings of prompts. The text encoder, 11 GB, is fetched only for what it does not remember."""
        remembered = [self.parts.peek("text_encoder").recall(prompt) for prompt in prompts]
        if all(each is not None for each in remembered):
            return remembered
        with self.parts.use("text_encoder") as text:
            embeddings = [text.encode(prompt) for prompt in prompts]
        self.parts.done("text_encoder")
        return embeddings

    @torch.inference_mode()
    def begin(
        self,
        *,
        sampling: Sampling,
        noise: Tensor,
        embeddings: Tensor,
        negative_embeddings: Tensor | None,
        conditions: Mapping[str, Tensor] | None = None,
        loras: Sequence[Lora] = (),
        seed: int = 0,
        generator: Tensor | None = None,
        request_digest: str = "",
    ) -> State:
        """The state before the first step from tensors made elsewhere: noise fp32 `[1, C, F, h, w]`, embeddings
        `[1, L, D]`, and the conditions of the variant's method."""
        conditions = conditions or {}
        latents, skipped = self.method.start(noise.to(self.device, torch.float32), conditions, sampling)
        return State(
            variant=self.variant.name,
            checkpoint=self.checkpoint,
            request_digest=request_digest,
            seed=seed,
            sampling=sampling,
            numerics=self.numerics,
            step=skipped,
            latents=latents,
            embeddings=embeddings,
            negative_embeddings=negative_embeddings,
            conditions=conditions,
            loras=tuple(loras),
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
        on_state: Callable[[State], None] | None = None,
        should_stop: ShouldStop | None = None,
    ) -> State:
        """Take steps until `to_step` of them are done (default: all). The state given is not changed.

        `on_state` is given the state after every step, from which a pipeline in another placement can go on.
        `should_stop` is asked before every step and between its blocks; when it says yes, `Cancelled` is raised with
        the state reached: a step that was begun is as if it had not been.
        Raises `StateError` when the state belongs to another pipeline, and `NumbersError` with the culprit when a step
        gives no numbers; on a GPU that is seen a step later.

        In a gang, where one member's `should_stop` stops all, `GangError` when a member is lost, or has another state.
        A gang that lost a member has ended; the state given goes on in another one, or on one GPU.
        """
        self.check(state)
        target = state.steps if to_step is None else to_step
        if not state.step <= target <= state.steps:
            raise RequestError(f"to_step: {target} is not between {state.step} (done) and {state.steps} (all)")
        set_convolutions(self.numerics.precision)
        with self.gang.guard():
            self.gang.check_same("state", lambda: _digest(state, target))
            run, watch, bad, stops = _Run(self.method, state), Watch(), None, Stops(self.gang, should_stop)
            for step in range(state.step, target):
                before = run.latents
                if stops.before_step() or not run.took(step, stops):
                    raise Cancelled(run.state(step))
                bad = watch.look(step, run.latents, before)
                if self.gang.any(bad is not None):
                    break  # all members stop here: those who have not seen it yet will
                if on_state is not None:
                    on_state(run.state(step + 1))
                if on_step is not None:
                    on_step(step + 1, state.steps)
            if (bad := bad or watch.settle()) is not None:
                raise run.explained(bad)
            return run.state(target)

    def _alone(self, should_stop: ShouldStop | None) -> ShouldStop | None:
        return should_stop if self.gang.share.layout.ranks == 1 else None

    def decode(self, state: State) -> Frames:
        """The frames, uint8 `[F, H, W, 3]`. Of an unfinished state: what it looks like so far, noise included."""
        return self.finish(state).frames

    @torch.inference_mode()
    def finish(self, state: State, *, should_stop: ShouldStop | None = None) -> Result:
        """The frames, and what the next clip of the same shot goes on from.

        Raises `NumbersError`, and `Cancelled` when `should_stop` says so, which is not asked in a gang.
        """
        self.check(state)
        set_convolutions(self.numerics.precision)
        conditions = {name: tensor.to(self.device) for name, tensor in state.conditions.items()}
        with self.gang.guard(), heeding(self._alone(should_stop)):
            try:
                return self.method.decode(state.latents.to(self.device), conditions)
            except NumbersError as error:
                raise culprit_of_frames(error, self.parts) from error

    def check(self, state: State) -> None:
        """Raises `StateError` when the state belongs to another pipeline."""
        mine = (self.variant.name, self.checkpoint, self.numerics)
        if (state.variant, state.checkpoint, state.numerics) != mine:
            raise StateError(
                f"the state was made by {state.variant} ({state.checkpoint[:12]}, {state.numerics}), this pipeline is "
                f"{self.variant.name} ({self.checkpoint[:12]}, {self.numerics})"
            )


class _Run:
    """The loop of one call: a solver and, per expert, what its steps share."""

    def __init__(self, method: Method, state: State) -> None:
        self._method, self._start = method, state
        device = method.parts.device
        self._schedule: Schedule = schedule(state.sampling)
        memory = {name: tensor.to(device) for name, tensor in state.solver.tensors.items()}
        self._solver = Solver(
            state.sampling.solver, self._schedule, SolverState(memory, state.solver.counters), first_step=state.step
        )
        self.latents = state.latents.to(device, torch.float32)
        self._conditions = {name: tensor.to(device) for name, tensor in state.conditions.items()}
        self._expert: ExpertName | None = None
        self._memo: dict[str, Any] = {}

    def took(self, step: int, stops: Stops) -> bool:
        """Take a step. Not if a stop is seen within it: then everything is as before it."""
        try:
            with stops.within_step():
                self._take(step)
        except Cancelled:  # left behind here: it holds the tensors of half a step
            return False
        return True

    def _take(self, step: int) -> None:
        expert = self._expert_at(step)
        if expert != self._expert:
            self._enter(expert)
        # before a call's first step it is unknown how much room a step takes: the next expert might take that
        known = step > self._start.step
        if known and step + 1 < self._start.steps and (following := self._expert_at(step + 1)) != expert:
            self._method.parts.soon(self._method.part_name(following))
        velocity = self._velocity(expert, self._schedule.timesteps[step].item(), self.latents)
        stepped = self._method.after_step(self._solver.step(velocity, self.latents), self._conditions)
        self.latents = row_major(stepped)

    def state(self, step: int) -> State:
        if step == self._start.step:
            return self._start
        return self._start.after(step, self.latents, self._solver.state())

    def _expert_at(self, step: int) -> ExpertName:
        return "high" if self._schedule.high_noise[step] else "low"

    def _enter(self, expert: ExpertName) -> None:
        parts = self._method.parts
        if self._expert is not None:
            parts.done(self._method.part_name(self._expert))
        self._expert, self._memo = expert, {}
        alone = self._method.part_name("high") == self._method.part_name("low")
        apply_loras(parts, self._method.part_name(expert), None if alone else expert, self._start.loras)

    def explained(self, bad: Look) -> NumbersError:
        """What made a step give no numbers."""
        expert, start = self._expert_at(bad.step), self._start
        if expert != self._expert:
            self._enter(expert)
        self._memo = {}
        conditions = {f"`{name}`": tensor for name, tensor in self._conditions.items()}
        return find_culprit(
            f"at step {bad.step + 1} of {start.steps}",
            parts=self._method.parts,
            part=self._method.part_name(expert),
            loras=tuple(lora for lora in start.loras if lora.expert in ("both", expert) and lora.weight != 0),
            inputs={"prompt": start.embeddings, "negative prompt": start.negative_embeddings, **conditions},
            again=lambda: self._velocity(expert, self._schedule.timesteps[bad.step].item(), bad.before),
        )

    def _velocity(self, expert: ExpertName, timestep: float, latents: Tensor) -> Tensor:
        guidance = self._start.sampling.guidance_scale
        scale = guidance.high if expert == "high" else guidance.low
        texts = [self._start.embeddings]
        if scale != 1:
            if self._start.negative_embeddings is None:
                raise StateError("the state has no negative prompt, but its guidance scale is not 1")
            texts.append(self._start.negative_embeddings)
        velocities = self._method.velocities(expert, latents, timestep, texts, self._conditions, self._memo)
        if len(velocities) == 1:
            return velocities[0]
        prompted, negative = velocities
        return negative + scale * (prompted - negative)


def request_digest(request: ClipRequest) -> str:
    """sha256 (hex) of everything in a request, pictures, sounds and videos included."""
    values = {field.name: _plain(getattr(request, field.name)) for field in fields(request)}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A request's value as JSON: what has a digest, by its digest; arrays and tensors by their bytes."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, (Sampling, Guidance)):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Lora):
        return [value.digest, value.weight, value.expert]
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, Tensor):
        value = value.detach().cpu().contiguous().view(torch.uint8).numpy()
    if hasattr(value, "digest"):
        return value.digest
    return [list(value.shape), hashlib.sha256(value.tobytes()).hexdigest()]


def _digest(state: State, target: int) -> bytes:
    """Of what the members of a gang must have alike to go on to `target`."""
    digest = hashlib.sha256(repr((state.request_digest, state.sampling, state.loras, state.step, target)).encode())
    for tensor in (state.latents, state.embeddings):
        digest.update(tensor.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.digest()


def _is_guided(guidance: Guidance) -> bool:
    return guidance.high != 1 or guidance.low != 1
