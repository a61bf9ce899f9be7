"""Without the network: what is here is used, what is missing is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.wan.hub.conftest import PACE, Told, model_files
from tests.wan.hub.fake_hub import FakeHub
from wan.errors import HubError, HubRefusal
from wan.hub.offline import find_offline
from wan.hub.pull import Source, pull
from wan.variants.published import Model

VAE = "vae/diffusion_pytorch_model.safetensors"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf"))
    return tmp_path / "hf"


def test_a_model_that_is_nowhere_is_said(model: Model) -> None:
    with pytest.raises(HubRefusal, match=r"neither in .*some-model nor in the Hugging Face cache"):
        find_offline(model)


def test_of_a_pull_that_was_begun_the_missing_files_are_named(
    hub: FakeHub, model: Model, told: Told, source: Source
) -> None:
    hub.lies = {VAE: b"x" * len(hub.files[VAE])}
    with pytest.raises(HubError):
        pull(model, told, source=source, pace=PACE)
    with pytest.raises(HubRefusal, match=rf"of 6 files are in .*partial; missing: .*{VAE}"):
        find_offline(model)


def test_of_a_broken_model_the_broken_files_are_named(hub: FakeHub, model: Model, told: Told, source: Source) -> None:
    folder = pull(model, told, source=source, pace=PACE).folder
    assert find_offline(model)[0] == folder
    (folder / VAE).unlink()
    with pytest.raises(HubRefusal, match=f"lacks or has broken: {VAE}"):
        find_offline(model)


def test_of_several_snapshots_the_catalogs_commit_is_used(model: Model, cache: Path) -> None:
    home = cache / "models--somebody--some-model"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text("newer")
    for commit in ("newer", "known"):
        for path, data in model_files().items():
            file = home / "snapshots" / commit / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    assert find_offline(model)[0].name == "newer"
    assert find_offline(replace(model, commit="known"))[0].name == "known"


@pytest.mark.parametrize("whole", [True, False])
def test_a_snapshot_in_the_hugging_face_cache_is_used_if_it_has_all_shards(
    model: Model, cache: Path, whole: bool
) -> None:
    home = cache / "models--somebody--some-model"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text("abc\n")
    for path, data in model_files().items():
        file = home / "snapshots" / "abc" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if whole or not path.startswith("model-00002"):
            file.write_bytes(data)
    if whole:
        assert find_offline(model) == (home / "snapshots" / "abc", None)
    else:
        with pytest.raises(HubRefusal, match="neither"):
            find_offline(model)
