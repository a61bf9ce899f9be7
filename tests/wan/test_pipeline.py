from __future__ import annotations

import traceback
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from tests.wan.parity import SOLVERS
from wan.errors import Cancelled, RequestError, StateError
from wan.frames.images import fit_image, resize_bicubic
from wan.model.expert import Expert
from wan.model.parts import Resident
from wan.model.vae import Vae
from wan.pipeline import Pipeline, request_digest
from wan.request import ClipRequest, Guidance, Numerics, Sampling
from wan.state import State
from wan.variants import VARIANTS
from wan.variants.method import TRANSFORMERS


def test_a_prompt_becomes_frames(t2v: Pipeline, text_request: ClipRequest) -> None:
    state = t2v.advance(t2v.encode(text_request))
    frames = t2v.decode(state)
    assert state.step == state.steps == 4
    assert state.latents.shape == (1, 16, 3, 4, 6)
    assert frames.shape == (9, 32, 48, 3)
    assert frames.dtype == np.uint8


def test_the_same_request_gives_the_same_frames_and_another_seed_others(
    t2v: Pipeline, text_request: ClipRequest
) -> None:
    first, second = (t2v.decode(t2v.advance(t2v.encode(text_request))) for _ in range(2))
    other = t2v.decode(t2v.advance(t2v.encode(replace(text_request, seed=8))))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("change", [{"prompt": "a blue boat"}, {"negative_prompt": "red"}])
def test_prompts_change_the_picture(t2v: Pipeline, text_request: ClipRequest, change: dict[str, Any]) -> None:
    before = t2v.advance(t2v.encode(text_request)).latents
    after = t2v.advance(t2v.encode(replace(text_request, **change))).latents
    assert not torch.equal(before, after)


def test_one_expert_may_take_every_step(t2v: Pipeline, text_request: ClipRequest) -> None:
    def final(boundary: float) -> torch.Tensor:
        sampling = replace(text_request.sampling, boundary_ratio=boundary)
        return t2v.advance(t2v.encode(replace(text_request, sampling=sampling))).latents

    usual, high, low = (final(boundary) for boundary in (0.875, 0.0, 1.0))
    assert all(latents.isfinite().all() for latents in (high, low))
    assert not torch.equal(high, low)
    assert not torch.equal(high, usual)
    assert not torch.equal(low, usual)


@pytest.mark.parametrize("solver", ["unipc", "dpmpp"])
@pytest.mark.parametrize("at", range(5))
def test_a_saved_state_goes_on_bit_for_bit(
    i2v: Pipeline, text_request: ClipRequest, picture: Any, tmp_path: Any, solver: Any, at: int
) -> None:
    sampling = replace(text_request.sampling, solver=solver)
    request = replace(text_request, image=picture, sampling=sampling)
    start = i2v.encode(request)
    whole = i2v.advance(start)
    i2v.advance(start, at).save(tmp_path / "state.safetensors")
    resumed = i2v.advance(State.load(tmp_path / "state.safetensors"))
    assert torch.equal(whole.latents, resumed.latents)


def test_the_steps_of_the_state_test_lie_on_both_sides_of_the_boundary(text_request: ClipRequest) -> None:
    from wan.sampling import schedule

    assert set(schedule(text_request.sampling).high_noise.tolist()) == {True, False}


def test_advancing_leaves_the_given_state_alone(t2v: Pipeline, text_request: ClipRequest) -> None:
    start = t2v.encode(text_request)
    noise = start.latents.clone()
    half = t2v.advance(start, 2)
    t2v.advance(half)
    assert start.step == 0
    assert half.step == 2
    assert torch.equal(start.latents, noise)


def test_progress_is_told_after_every_step(t2v: Pipeline, text_request: ClipRequest) -> None:
    seen: list[tuple[int, int]] = []
    t2v.advance(t2v.encode(text_request), on_step=lambda done, steps: seen.append((done, steps)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_stopped_clip_hands_over_the_state_it_reached(t2v: Pipeline, text_request: ClipRequest) -> None:
    start = t2v.encode(text_request)
    done: list[int] = []
    with pytest.raises(Cancelled) as stopped:
        t2v.advance(start, on_step=lambda step, _: done.append(step), should_stop=lambda: len(done) == 3)
    assert stopped.value.state.step == 3
    assert torch.equal(t2v.advance(stopped.value.state).latents, t2v.advance(start).latents)


class At:
    """Says yes when it is asked for the nth time."""

    def __init__(self, number: int) -> None:
        self.number, self.asked = number, 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.asked >= self.number


@pytest.mark.parametrize("solver", ["unipc", "dpmpp", "euler"])
@pytest.mark.parametrize("number", range(1, 9))
def test_a_stop_between_blocks_throws_the_step_away_and_nothing_else(
    t2v: Pipeline, text_request: ClipRequest, number: int, solver: Any
) -> None:
    """Four steps of two blocks: each step is asked for before it and once within it."""
    start = t2v.encode(replace(text_request, sampling=replace(text_request.sampling, solver=solver)))
    whole, should_stop = t2v.advance(start), At(number)
    with pytest.raises(Cancelled, match=f"stopped after step {(number - 1) // 2}") as stopped:
        t2v.advance(start, should_stop=should_stop)
    state = stopped.value.state
    assert (should_stop.asked, state.step) == (number, (number - 1) // 2)
    before = t2v.advance(start, state.step)
    assert torch.equal(state.latents, before.latents)
    assert state.solver.counters == before.solver.counters
    for name, tensor in before.solver.tensors.items():
        assert torch.equal(state.solver.tensors[name], tensor)
    assert torch.equal(t2v.advance(state).latents, whole.latents)


def test_a_stop_between_blocks_leaves_nothing_of_the_step_in_memory(t2v: Pipeline, text_request: ClipRequest) -> None:
    """The GPU is another clip's then."""
    with pytest.raises(Cancelled) as stopped:
        t2v.advance(t2v.encode(text_request), should_stop=At(2))
    error: BaseException | None = stopped.value
    while error is not None:
        frames = [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)]
        assert "run_blocks" not in frames
        error = error.__context__


def test_reading_prompts_and_making_frames_can_be_stopped(t2v: Pipeline, text_request: ClipRequest) -> None:
    fresh = replace(text_request, prompt="a blue boat that no test has read")
    for number in (1, 2):
        with pytest.raises(Cancelled) as stopped:
            t2v.encode(fresh, should_stop=At(number))
        assert stopped.value.state is None
    state = t2v.advance(t2v.encode(fresh))
    wanted = t2v.decode(state)
    for number in (1, 3):
        with pytest.raises(Cancelled):
            t2v.finish(state, should_stop=At(number))
    assert np.array_equal(t2v.finish(state, should_stop=lambda: False).frames, wanted)


def test_guidance_off_needs_no_negative_prompt(t2v: Pipeline, text_request: ClipRequest) -> None:
    sampling = replace(text_request.sampling, guidance_scale=Guidance(1.0, 1.0))
    state = t2v.encode(replace(text_request, sampling=sampling, negative_prompt="red"))
    same = t2v.encode(replace(text_request, sampling=sampling, negative_prompt="blue"))
    assert state.negative_embeddings is None
    assert torch.equal(t2v.advance(state).latents, t2v.advance(same).latents)


def test_guidance_may_be_off_for_one_expert_only(t2v: Pipeline, text_request: ClipRequest) -> None:
    calls = _count_forwards(t2v)
    sampling = replace(text_request.sampling, guidance_scale=Guidance(1.0, 3.0))
    state = t2v.encode(replace(text_request, sampling=sampling))
    with calls as counted:
        t2v.advance(state)
    assert counted == {"high": 2, "low": 4}  # two steps each, guided ones take two forwards


def test_both_experts_take_part(t2v: Pipeline, text_request: ClipRequest) -> None:
    swapped = Pipeline(
        t2v.variant,
        parts=Resident(
            {
                **t2v.parts.parts,
                "transformer": t2v.parts.parts["transformer_2"],
                "transformer_2": t2v.parts.parts["transformer"],
            },
            t2v.device,
        ),
        numerics=t2v.numerics,
        checkpoint=t2v.checkpoint,
    )
    start = t2v.encode(text_request)
    assert not torch.equal(t2v.advance(start).latents, swapped.advance(start).latents)


def test_first_and_last_image_both_matter(i2v: Pipeline, text_request: ClipRequest, picture: Any) -> None:
    first = i2v.encode(replace(text_request, image=picture))
    both = i2v.encode(replace(text_request, image=picture, last_image=picture))
    assert first.conditions["image"].shape == (1, 20, 3, 4, 6)
    assert not torch.equal(first.conditions["image"], both.conditions["image"])
    assert not torch.equal(i2v.advance(first).latents, i2v.advance(both).latents)


def test_a_request_that_cannot_be_made_is_refused_before_any_tensor(t2v: Pipeline, text_request: ClipRequest) -> None:
    with pytest.raises(RequestError, match="nearest are 9 and 13"):
        t2v.encode(replace(text_request, num_frames=10))


def test_to_step_must_lie_ahead(t2v: Pipeline, text_request: ClipRequest) -> None:
    state = t2v.advance(t2v.encode(text_request), 2)
    for wrong in (1, 5):
        with pytest.raises(RequestError, match="to_step"):
            t2v.advance(state, wrong)


def test_a_state_of_another_pipeline_is_refused(t2v: Pipeline, i2v: Pipeline, text_request: ClipRequest) -> None:
    state = t2v.encode(text_request)
    with pytest.raises(StateError, match="i2v-a14b"):
        i2v.advance(state)
    with pytest.raises(StateError, match="bf16"):
        t2v.decode(replace(state, numerics=Numerics("bf16")))


def test_the_digest_of_a_request_covers_its_pictures(text_request: ClipRequest, picture: Any) -> None:
    requests = [
        text_request,
        replace(text_request, image=picture),
        replace(text_request, image=picture[:, ::-1].copy()),
    ]
    requests.append(replace(text_request, last_image=picture))
    assert len({request_digest(request) for request in requests}) == 4


def test_threads_do_not_change_a_bit(t2v: Pipeline, text_request: ClipRequest) -> None:
    threads = torch.get_num_threads()
    frames = []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            frames.append(t2v.decode(t2v.advance(t2v.encode(text_request))))
    finally:
        torch.set_num_threads(threads)
    assert np.array_equal(frames[0], frames[1])


class _count_forwards:  # noqa: N801 (reads as a statement)
    """Counts the passes through the second block of each expert (the first is partly shared)."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._experts = {"high": pipeline.parts.parts["transformer"], "low": pipeline.parts.parts["transformer_2"]}

    def __enter__(self) -> dict[str, int]:
        self._counted = {"high": 0, "low": 0}
        self._hooks = [
            self._experts[name].model.blocks[1].ffn.register_forward_hook(lambda *_, name=name: self._add(name))
            for name in self._counted
        ]
        return self._counted

    def _add(self, name: str) -> None:
        self._counted[name] += 1

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()


def _rows(text: torch.Tensor) -> torch.Tensor:
    return torch.cat([text, text.new_zeros(512 - text.shape[0], text.shape[1])])[None]


class Noting(Resident):
    """Parts that write down what is asked of them."""

    def __init__(self, parts: Any) -> None:
        super().__init__(parts, torch.device("cpu"))
        self.asked: list[tuple[str, str]] = []

    def use(self, name: str) -> Any:
        self.asked.append(("use", name))
        return super().use(name)

    def soon(self, name: str) -> None:
        self.asked.append(("soon", name))

    def done(self, name: str) -> None:
        self.asked.append(("done", name))


def test_the_text_encoder_is_fetched_only_for_new_prompts(t2v: Pipeline, text_request: ClipRequest) -> None:
    assert isinstance(t2v.parts, Resident)
    parts = Noting(t2v.parts.parts)
    pipeline = Pipeline(t2v.variant, parts=parts, numerics=t2v.numerics, checkpoint=t2v.checkpoint)
    fresh = replace(text_request, prompt="a prompt that no other test has", negative_prompt="nor this one")
    first = pipeline.encode(fresh)
    assert parts.asked == [("use", "text_encoder"), ("done", "text_encoder")]
    parts.asked.clear()
    again = pipeline.encode(replace(fresh, seed=fresh.seed + 1))
    assert parts.asked == []
    assert torch.equal(again.embeddings, first.embeddings)
    assert first.negative_embeddings is not None
    assert again.negative_embeddings is not None
    assert torch.equal(again.negative_embeddings, first.negative_embeddings)
    pipeline.encode(replace(fresh, negative_prompt="another"))
    assert parts.asked == [("use", "text_encoder"), ("done", "text_encoder")]


def test_the_next_expert_is_announced_before_the_last_step_of_the_one_before(
    t2v: Pipeline, text_request: ClipRequest
) -> None:
    assert isinstance(t2v.parts, Resident)
    parts = Noting(t2v.parts.parts)
    pipeline = Pipeline(t2v.variant, parts=parts, numerics=t2v.numerics, checkpoint=t2v.checkpoint)
    state = pipeline.encode(text_request)
    parts.asked.clear()
    one_step = pipeline.advance(state, 1)
    assert ("soon", "transformer_2") not in parts.asked, "the next step is still the first expert's"
    pipeline.advance(state)
    soon = parts.asked.index(("soon", "transformer_2"))
    last = max(place for place, asked in enumerate(parts.asked) if asked == ("use", "transformer"))
    assert soon < last < parts.asked.index(("done", "transformer")) < parts.asked.index(("use", "transformer_2"))
    assert parts.asked.count(("soon", "transformer_2")) == 1
    assert ("soon", "transformer") not in parts.asked
    parts.asked.clear()
    pipeline.advance(one_step)
    assert not [asked for asked in parts.asked if asked[0] == "soon"], "no step has shown yet how much room it takes"


@pytest.mark.parametrize(("precision", "allowed"), [("fp32", False), ("reference", True), ("bf16", True)])
def test_convolutions_take_tf32_whatever_the_process_had_but_in_fp32(
    t2v: Pipeline, text_request: ClipRequest, monkeypatch: pytest.MonkeyPatch, precision: Any, allowed: bool
) -> None:
    pipeline = Pipeline(t2v.variant, parts=t2v.parts, numerics=Numerics(precision), checkpoint=t2v.checkpoint)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", not allowed)  # put back after the test
    state = pipeline.encode(text_request)
    assert torch.backends.cudnn.allow_tf32 is allowed
    torch.backends.cudnn.allow_tf32 = not allowed
    state = pipeline.advance(state)
    assert torch.backends.cudnn.allow_tf32 is allowed
    torch.backends.cudnn.allow_tf32 = not allowed
    pipeline.finish(state)
    assert torch.backends.cudnn.allow_tf32 is allowed


@pytest.mark.parity
@pytest.mark.parametrize(("name", "variant"), [("moe_t2v", "t2v-a14b"), ("moe_i2v", "i2v-a14b")])
def test_the_two_expert_loop_is_the_references(parity: Any, name: str, variant: str) -> None:
    data = parity[name]
    config, tensors = data.config, data.tensors
    vae = Vae(parity.vae())
    parts = {
        name: Expert(parity.transformer(config["model"], data.weights(f"weights_{expert}")))
        for expert, name in TRANSFORMERS.items()
    }
    pipeline = Pipeline(
        VARIANTS[variant],
        parts=Resident({**parts, "vae": vae}, torch.device("cpu")),
        numerics=Numerics(),
        checkpoint="parity",
    )
    conditions: dict[str, torch.Tensor] = {}
    if variant == "i2v-a14b":
        height, width = config["video_size_hw"]
        request = ClipRequest(
            prompt="",
            width=width,
            height=height,
            num_frames=config["frame_num"],
            sampling=VARIANTS[variant].sampling,
            seed=config["seed"],
            image=tensors["in.image_u8"].numpy(),
        )
        with torch.inference_mode():
            conditions = pipeline.method.conditions(request)
        assert data.error("out.y", conditions["image"][0]) < 1e-4
    low, high = config["guide_scale_low_high"]
    state = pipeline.begin(
        sampling=Sampling(
            config["steps"], config["shift"], Guidance(high, low), SOLVERS[config["solver"]], config["boundary"]
        ),
        noise=tensors["in.noise"][None],
        embeddings=_rows(tensors["in.context"]),
        negative_embeddings=_rows(tensors["in.context_null"]),
        conditions=conditions,
    )
    steps = []
    while state.step < state.steps:
        state = pipeline.advance(state, state.step + 1)
        steps.append(state.latents[0])
    assert data.error("out.latents_steps", torch.stack(steps)) < 2e-4
    assert data.error("out.latents", state.latents[0]) < 2e-4
    with torch.inference_mode():
        video = vae.decode(state.latents)[0]
    assert data.error("out.video_frames", video[:, tensors["out.video_frame_index"]]) < 1e-3


def test_an_image_of_the_right_aspect_is_prepared_as_the_reference_does(picture: Any) -> None:
    assert torch.equal(fit_image(picture, (48, 32)), resize_bicubic(picture, (48, 32)))
