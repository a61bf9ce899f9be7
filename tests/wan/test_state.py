from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from wan.errors import StateError
from wan.pipeline import Pipeline
from wan.request import ClipRequest
from wan.sampling.solver import SolverState
from wan.state import State


def _equal(one: State, other: State) -> bool:
    mine, theirs = one._tensors(), other._tensors()
    same = mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)
    return same and one._values() == other._values()


@pytest.mark.parametrize("step", [0, 2, 4])
def test_a_state_survives_the_disk(
    i2v: Pipeline, text_request: ClipRequest, picture: Any, tmp_path: Path, step: int
) -> None:
    state = i2v.advance(i2v.encode(replace(text_request, image=picture)), step)
    state.save(tmp_path / "clip.safetensors")
    again = State.load(tmp_path / "clip.safetensors")
    assert _equal(state, again)
    assert again.sampling == text_request.sampling
    assert again.step == step
    assert [path.name for path in tmp_path.iterdir()] == ["clip.safetensors"]


def test_a_state_without_condition_and_negative_prompt_stays_without(
    t2v: Pipeline, text_request: ClipRequest, tmp_path: Path
) -> None:
    state = replace(t2v.encode(text_request), negative_embeddings=None)
    state.save(tmp_path / "s")
    again = State.load(tmp_path / "s")
    assert not again.conditions
    assert again.negative_embeddings is None


def test_the_random_state_can_be_drawn_from_again(t2v: Pipeline, text_request: ClipRequest) -> None:
    state = t2v.encode(text_request)
    generator = torch.Generator("cpu").manual_seed(text_request.seed)
    assert torch.equal(torch.randn(state.latents.shape, generator=generator), state.latents)
    assert torch.equal(generator.get_state(), state.generator)


def test_a_cut_off_file_is_refused(t2v: Pipeline, text_request: ClipRequest, tmp_path: Path) -> None:
    path = tmp_path / "state"
    t2v.encode(text_request).save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(StateError, match="cannot be read"):
        State.load(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    save_file({"latents": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(StateError, match="no saved state"):
        State.load(tmp_path / "other.safetensors")
    with pytest.raises(StateError, match="missing"):
        State.load(tmp_path / "missing")


def test_a_state_with_a_value_missing_is_refused(tmp_path: Path) -> None:
    metadata = {"format": "wanflow.state.1", "state": '{"sampling": {}, "counters": {}}'}
    save_file({"latents": torch.zeros(1)}, tmp_path / "s", metadata=metadata)
    with pytest.raises(StateError, match="no saved state of this version"):
        State.load(tmp_path / "s")


def test_nothing_is_left_behind_when_the_folder_is_gone(
    t2v: Pipeline, text_request: ClipRequest, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="gone"):
        t2v.encode(text_request).save(tmp_path / "gone" / "state")
    assert not list(tmp_path.iterdir())


def test_a_state_that_was_never_written_lies_as_one_that_was(t2v: Pipeline, text_request: ClipRequest) -> None:
    state = t2v.encode(text_request)
    across = state.latents.to(memory_format=torch.channels_last_3d)
    made = replace(state, latents=across, conditions={"motion": across}, solver=SolverState({"last": across}))
    assert across.stride() != state.latents.stride()
    assert {tensor.stride() for tensor in (made.latents, *made.conditions.values(), *made.solver.tensors.values())} == {
        state.latents.stride()
    }


@pytest.mark.parametrize("step", [0, 3])
def test_a_state_survives_as_bytes_with_notes_beside_it(
    i2v: Pipeline, text_request: ClipRequest, picture: Any, step: int
) -> None:
    state = i2v.advance(i2v.encode(replace(text_request, image=picture)), step)
    again, notes = State.from_bytes(state.to_bytes(seconds="12.5"))
    assert _equal(state, again)
    assert notes["seconds"] == "12.5"
    assert torch.equal(i2v.advance(again).latents, i2v.advance(state).latents)


def test_bytes_are_those_of_the_file(t2v: Pipeline, text_request: ClipRequest, tmp_path: Path) -> None:
    state = t2v.encode(text_request)
    state.save(tmp_path / "state")
    assert _equal(State.from_bytes((tmp_path / "state").read_bytes())[0], state)


@pytest.mark.parametrize("cut", [0, 7, 100, -1])
def test_bytes_that_are_no_state_are_refused(t2v: Pipeline, text_request: ClipRequest, cut: int) -> None:
    whole = t2v.encode(text_request).to_bytes()
    for data in (whole[:cut], b"\xff" * 64):
        with pytest.raises(StateError, match="bytes are no state"):
            State.from_bytes(data)


def test_a_state_in_host_memory_is_its_own_copy(t2v: Pipeline, text_request: ClipRequest) -> None:
    state = t2v.encode(text_request)
    here, arrive = state.on_host()
    arrive()
    assert here is state
