from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.wan.prompts.models import write_qwen_vl
from wan.prompts import Message, PromptRequest, extend_prompt, open_local
from wan.prompts.reader import Reader

PICTURE = np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)


@pytest.fixture(scope="module")
def qwen_vl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_qwen_vl(tmp_path_factory.mktemp("qwen_vl"), "The boat drifts to one side .")


def reader_of(folder: Path) -> Reader:
    from transformers import AutoConfig

    return Reader(str(folder), AutoConfig.from_pretrained(folder))


def test_a_template_kept_with_the_processor_is_found(qwen_vl: Path, tmp_path: Path) -> None:
    folder = tmp_path / "qwen"
    folder.mkdir()
    for file in qwen_vl.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    template = (folder / "chat_template.jinja").read_text()
    (folder / "chat_template.jinja").unlink()
    (folder / "chat_template.json").write_text(json.dumps({"chat_template": template}))
    with open_local(folder, device="cpu") as extender:
        request = PromptRequest("i2v-a14b", "a boat", image=PICTURE)
        assert extend_prompt(extender, request) == "The boat drifts to one side ."


def test_a_picture_takes_as_many_tokens_as_it_has_patches(qwen_vl: Path) -> None:
    reader = reader_of(qwen_vl)
    inputs = reader.inputs([Message("system", "look"), Message("user", "a boat", PICTURE)])
    pictured = inputs["mm_token_type_ids"].bool()
    assert int(pictured.sum()) == int(inputs["image_grid_thw"].prod()) // 4 > 1
    assert set(inputs["input_ids"][pictured].tolist()) == {reader._config.image_token_id}
    assert inputs["pixel_values"].shape[0] == int(inputs["image_grid_thw"].prod())
