from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.httpx_errors import ERRORS, break_network
from tests.wan.prompts.endpoint import Endpoint, closed_port
from tests.wan.prompts.models import write_qwen, write_qwen_vl
from wan.errors import ModelUnavailable
from wan.prompts.look import look_at_endpoint, look_at_local, way_to


def test_a_folder_says_how_large_it_is_and_whether_it_sees(tmp_path: Path) -> None:
    blind = look_at_local(str(write_qwen(tmp_path / "qwen", "a fox .")))
    assert blind.nbytes == sum(file.stat().st_size for file in (tmp_path / "qwen").glob("*.safetensors"))
    assert not blind.sees
    assert look_at_local(str(write_qwen_vl(tmp_path / "vl", "a boat ."))).sees


def test_a_folder_without_model_is_told_from_none(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"holds no config\.json"):
        look_at_local(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelUnavailable, match="no weights in safetensors"):
        look_at_local(str(tmp_path))
    for name in ("nobody/nothing", "no such/name/at all"):
        with pytest.raises(ModelUnavailable, match="neither a folder nor pulled"):
            look_at_local(name)


def test_the_way_to_a_model_is_a_command(tmp_path: Path) -> None:
    assert way_to("somebody/else") == "hf download somebody/else"
    assert way_to(str(tmp_path)) is None


def test_an_endpoint_lists_its_models_or_does_not(endpoint: Endpoint) -> None:
    assert look_at_endpoint(endpoint.url) is None
    endpoint.models = ("small", "large")
    assert look_at_endpoint(endpoint.url + "/") == ("small", "large")


def test_an_endpoint_that_cannot_be_used_says_why(endpoint: Endpoint) -> None:
    endpoint.models, endpoint.wants_key = ("small",), True
    with pytest.raises(ModelUnavailable, match="wants a key"):
        look_at_endpoint(endpoint.url)
    with pytest.raises(ModelUnavailable, match="nothing answers"):
        look_at_endpoint(f"http://127.0.0.1:{closed_port()}/v1")


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_of_a_request_says_that_nothing_answers(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", break_network(kind))
    with pytest.raises(ModelUnavailable, match="nothing answers"):
        look_at_endpoint("http://127.0.0.1:9/v1")
