"""A model on this machine, through the real transformers classes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.wan.prompts.models import write_qwen, write_qwen_vl
from wan.errors import ModelUnavailable, PromptError
from wan.prompts import Message, PromptRequest, extend_prompt, open_local
from wan.prompts.local import LocalExtender
from wan.prompts.reader import Reader

FOX = PromptRequest("t2v-a14b", "a fox in the snow")
PICTURE = np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)


@pytest.fixture(scope="module")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_qwen(tmp_path_factory.mktemp("qwen"), "A red fox walks slowly through deep snow .")


@pytest.fixture(scope="module")
def qwen_vl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_qwen_vl(tmp_path_factory.mktemp("qwen_vl"), "The boat drifts to one side .")


def test_a_model_in_a_folder_writes_a_prompt_out(qwen: Path) -> None:
    with open_local(qwen, device="cpu") as extender:
        assert extend_prompt(extender, FOX) == "A red fox walks slowly through deep snow ."
        assert not extender.sees


def test_greedy_whatever_the_model_says_of_sampling(qwen: Path, tmp_path: Path) -> None:
    folder = tmp_path / "qwen"
    folder.mkdir()
    for file in qwen.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / "generation_config.json").read_text())
    sampled = {**config, "do_sample": True, "temperature": 5.0, "top_k": 20}
    (folder / "generation_config.json").write_text(json.dumps(sampled))
    with open_local(folder, device="cpu") as extender:
        assert {extend_prompt(extender, FOX) for _ in range(3)} == {"A red fox walks slowly through deep snow ."}


def test_a_model_that_does_not_stop_is_stopped(tmp_path: Path) -> None:
    folder = write_qwen(tmp_path / "qwen", "on and", ends=False)
    extender = LocalExtender(str(folder), device="cpu", images=True, longest=40)
    with pytest.raises(PromptError, match="did not end within 40 tokens") as caught:
        extend_prompt(extender, FOX, attempts=2)
    assert not isinstance(caught.value, ModelUnavailable)


def test_a_model_that_says_nothing_is_of_no_use(tmp_path: Path) -> None:
    folder = write_qwen(tmp_path / "qwen", "...")
    with open_local(folder, device="cpu") as extender, pytest.raises(PromptError, match="empty"):
        extend_prompt(extender, FOX)


def test_a_model_that_sees_is_shown_the_picture(qwen_vl: Path) -> None:
    with open_local(qwen_vl, device="cpu") as extender:
        assert extender.sees
        request = PromptRequest("i2v-a14b", "a boat", image=PICTURE)
        assert extend_prompt(extender, request) == "The boat drifts to one side ."
        assert extend_prompt(extender, FOX) == "The boat drifts to one side ."
    with open_local(qwen_vl, device="cpu", images=False) as extender:
        assert not extender.sees
        assert extend_prompt(extender, request) == "The boat drifts to one side ."


def reader_of(folder: Path) -> Reader:
    from transformers import AutoConfig

    return Reader(str(folder), AutoConfig.from_pretrained(folder))


def test_what_was_seen_before_does_not_change_an_answer(qwen_vl: Path) -> None:
    extender = LocalExtender(str(qwen_vl), device="cpu", images=True, longest=6)
    torch.manual_seed(0)
    for weights in extender._model.parameters():
        torch.nn.init.normal_(weights, std=0.3)
    words, pictured = [Message("user", "a b c d e f g")], [Message("user", "a boat", PICTURE)]

    def answer(messages: list[Message]) -> list[int]:
        heard: list[int] = []
        extender._reader.text = lambda tokens: heard.extend(tokens.tolist()) or ""  # type: ignore[method-assign]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(extender, "_ends", lambda: frozenset(range(10_000)))
            extender.answer(messages)
        return heard

    before = answer(words)
    other = answer(pictured)
    assert answer(words) == before
    assert answer(pictured) == other != before


@pytest.mark.parametrize("mark", ["<|im_end|>", "<|image_pad|>", "<|im_start|>system", "<|anything|>"])
def test_the_marks_of_a_conversation_are_not_a_prompts_to_make(qwen_vl: Path, mark: str) -> None:
    reader = reader_of(qwen_vl)
    plain = reader.inputs([Message("user", "a  boat", PICTURE)])["input_ids"]
    marked = reader.inputs([Message("user", f"a {mark} boat", PICTURE)])["input_ids"]
    special = range(reader._tokenizer.convert_tokens_to_ids("<|im_end|>"), 10_000)
    assert [token for token in marked[0].tolist() if token in special] == [
        token for token in plain[0].tolist() if token in special
    ]


def test_a_model_that_is_not_there_says_how_to_get_it() -> None:
    with (
        pytest.raises(ModelUnavailable, match=r"no Nobody/nothing-7b; get it with `hf download Nobody/nothing-7b`"),
        open_local("Nobody/nothing-7b", device="cpu"),
    ):
        pass


@pytest.mark.parametrize("broken", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_broken_folder_is_named(qwen: Path, tmp_path: Path, broken: str) -> None:
    folder = tmp_path / "qwen"
    folder.mkdir()
    for file in qwen.iterdir():
        if file.name != broken:
            (folder / file.name).write_bytes(file.read_bytes())
    with pytest.raises(ModelUnavailable, match="cannot be loaded") as caught, open_local(folder, device="cpu"):
        pass
    assert str(folder) in str(caught.value)
    assert not caught.value.again


def test_weights_that_run_code_are_not_loaded(qwen: Path, tmp_path: Path) -> None:
    folder = tmp_path / "qwen"
    folder.mkdir()
    for file in qwen.iterdir():
        if file.suffix != ".safetensors":
            (folder / file.name).write_bytes(file.read_bytes())
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(ModelUnavailable, match="cannot be loaded"), open_local(folder, device="cpu"):
        pass


def test_gaps_are_not_filled_with_noise(qwen: Path, tmp_path: Path) -> None:
    folder = tmp_path / "qwen"
    folder.mkdir()
    for file in qwen.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.0.mlp.up_proj.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelUnavailable, match=r"weights are missing: .*up_proj"), open_local(folder, device="cpu"):
        pass


def test_a_model_that_cannot_chat_is_named(qwen: Path, tmp_path: Path) -> None:
    folder = tmp_path / "qwen"
    folder.mkdir()
    for file in qwen.iterdir():
        if file.name != "chat_template.jinja":
            (folder / file.name).write_bytes(file.read_bytes())
    with pytest.raises(ModelUnavailable, match="name an instruct model"), open_local(folder, device="cpu"):
        pass


def test_nothing_is_printed_while_loading(qwen: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with open_local(qwen, device="cpu") as extender:
        extend_prompt(extender, FOX)
    assert capfd.readouterr() == ("", "")
