from __future__ import annotations

from pathlib import Path

import pytest

from tests.wan.prompts.endpoint import Endpoint, Reply
from tests.wan.prompts.models import write_qwen
from wan.errors import ModelUnavailable
from wan.prompts.backends import open_api, open_local
from wan.prompts.conversation import Message


def test_an_endpoint_is_closed_at_the_end(endpoint: Endpoint) -> None:
    endpoint.script = [Reply("a red fox")]
    with open_api(endpoint.url, "m", images=False) as extender:
        assert not extender.sees
        assert extender.answer([Message("user", "a fox")]) == "a red fox"
    with pytest.raises(RuntimeError, match="closed"):
        extender.answer([Message("user", "a fox")])


def test_a_local_models_memory_is_given_back_at_the_end(tmp_path: Path) -> None:
    with open_local(write_qwen(tmp_path / "qwen", "a fox ."), device="cpu") as extender:
        assert extender.answer([Message("user", "a fox")]) == "a fox ."
    assert extender._model is None  # type: ignore[attr-defined]


def test_a_model_that_is_not_here_is_named_with_the_way_to_it() -> None:
    with pytest.raises(ModelUnavailable, match="hf download nobody/nothing"), open_local("nobody/nothing"):
        pass
