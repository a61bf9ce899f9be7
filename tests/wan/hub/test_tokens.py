from __future__ import annotations

from pathlib import Path

import pytest

from wan.hub.hubs import HUBS
from wan.hub.tokens import token_for


@pytest.fixture
def logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `hf auth login` leaves it."""
    (tmp_path / "token").write_text("hf_of_file\n")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "MODELSCOPE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("logged_in")
def test_a_token_of_a_file_goes_to_its_hub_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = HUBS["huggingface"]
    assert token_for(hub) == token_for(hub, "https://huggingface.co/") == "hf_of_file"
    for mirror in ("https://hf-mirror.com", "http://huggingface.co", "https://huggingface.co.evil.example"):
        assert token_for(hub, mirror) is None
    assert token_for(HUBS["modelscope"]) is None
    monkeypatch.setenv("HF_TOKEN", " hf_of_environment\n")
    assert token_for(hub) == token_for(hub, "https://mirror.example") == "hf_of_environment"
