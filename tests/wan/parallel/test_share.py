"""A step shared out over processes: every variant's velocities, against one process that takes it alone."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.gpu.models import TRANSFORMERS
from tests.wan.parallel.members import Told, run_gang
from wan.parallel.gang import Gang
from wan.parallel.layout import Layout
from wan.parallel.share import Share

LARGEST_ERROR = 1e-5
"""Of the norm, in fp32: sums in another order."""

HEADS = {"num_attention_heads": 4, "attention_head_dim": 12}
"""Over two ranks two each, which can be halved once more before a prompt is read."""


def velocities_and_alone(gang: Gang, precisions: list[Any]) -> dict[str, list[float]]:
    """By variant and precision: the error of each prompt's velocity."""
    import torch

    from benchmarks.gpu.models import make, transformer_class
    from benchmarks.gpu.steps import Clip, wan_step
    from wan.precision import cast_model
    from wan.request import Numerics

    cpu, found = torch.device("cpu"), {}
    for variant in TRANSFORMERS:
        channels = 48 if variant == "ti2v-5b" else 16
        # 15 tokens a frame, 45 in all: no two ranks have as many, and frames are cut
        latents = (16, 20, 8, 16) if variant == "s2v-14b" else (channels, 3, 6, 10)
        clip = Clip(variant, (80, 48), 9, latents, guided=variant != "ti2v-5b")
        for precision in precisions:
            model = make(transformer_class(variant), dict(TRANSFORMERS[variant][2]) | HEADS, cpu, torch.float32)
            numerics = Numerics(precision)
            cast_model(model, precision)
            with torch.inference_mode():
                alone, shared = (wan_step(model, clip, numerics, cpu, share)() for share in (Share(), gang.share))
            assert len(alone) == len(shared) == (2 if clip.guided else 1)
            errors = [float((a - b).norm() / a.norm()) for a, b in zip(alone, shared, strict=True)]
            found[f"{variant} {precision}"] = [
                error if not torch.equal(a, b) else 0.0 for error, a, b in zip(errors, alone, shared, strict=True)
            ]
    return found


def errors(told: list[Told]) -> dict[str, list[float]]:
    assert [each.error for each in told] == [None] * len(told)
    assert all(each.result == told[0].result for each in told)
    found: dict[str, list[float]] = told[0].result
    assert len({name.split()[0] for name in found}) == len(TRANSFORMERS)
    return found


def test_prompts_apart_give_the_same_bits() -> None:
    found = errors(run_gang(Layout(guidance=2), velocities_and_alone, ["reference", "bf16"]))
    assert {name: error for name, error in found.items() if any(error)} == {}


@pytest.mark.parametrize("layout", [Layout(sequence=2), Layout(2, 2), Layout(sequence=4)], ids=str)
def test_rows_that_are_cut_differ_by_rounding_alone(layout: Layout) -> None:
    found = errors(run_gang(layout, velocities_and_alone, ["fp32"]))
    assert {name: error for name, error in found.items() if max(error) > LARGEST_ERROR} == {}


def count_exchanges(gang: Gang) -> tuple[int, tuple[int, ...]]:
    """How often a block sends heads, and the tokens that its products see."""
    import torch

    from benchmarks.gpu.models import make_transformer
    from benchmarks.gpu.steps import Clip, wan_step
    from wan.request import Numerics

    model = make_transformer("t2v-a14b", torch.device("cpu"), toy=True, dtype=torch.float32, layers=1)
    seen: list[torch.Size] = []
    model.blocks[0].attn1.to_q.register_forward_hook(lambda _, given, __: seen.append(given[0].shape))
    sent = torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU])
    clip = Clip("t2v-a14b", (80, 48), 9, (16, 3, 6, 10))
    with torch.inference_mode(), sent:
        wan_step(model, clip, Numerics(), torch.device("cpu"), gang.share)()
    count = sum(event.count for event in sent.key_averages() if event.key == "wan::send_heads")
    return count, tuple(seen[0])


def queries_of_first_block(gang: Gang) -> list[tuple[int, ...]]:
    """Shapes of what self-attention is computed of in each block, for the prompts of this rank."""
    import torch

    from benchmarks.gpu.models import make, transformer_class
    from benchmarks.gpu.steps import Clip, wan_step
    from wan.model import blocks
    from wan.request import Numerics

    seen: list[tuple[int, ...]] = []
    attend_by = blocks.attend_by

    def attend(backend: Any, query: torch.Tensor, *given: Any, **more: Any) -> torch.Tensor:
        if given[0].shape[1] == query.shape[1]:
            seen.append(tuple(query.shape))
        return attend_by(backend, query, *given, **more)

    blocks.attend_by = attend
    config = dict(TRANSFORMERS["t2v-a14b"][2]) | HEADS | {"num_layers": 2}
    model = make(transformer_class("t2v-a14b"), config, torch.device("cpu"), torch.float32)
    with torch.inference_mode():
        clip = Clip("t2v-a14b", (80, 48), 9, (16, 3, 6, 10))
        wan_step(model, clip, Numerics("reference"), torch.device("cpu"), gang.share)()
    return seen


def test_before_a_prompt_is_read_two_ranks_take_half_of_the_heads_each() -> None:
    for told in run_gang(Layout(2, 2), queries_of_first_block):
        assert told.error is None
        assert told.result == [(1, 45, 1, 12), (1, 45, 2, 12)]


def test_a_rank_computes_its_own_tokens_and_sends_four_tensors_a_block() -> None:
    for told in run_gang(Layout(sequence=2), count_exchanges):
        assert told.error is None
        # queries, keys and values there, what is made of them back; the first block's are those of both prompts
        assert told.result == (4, (1, 23, 48))
