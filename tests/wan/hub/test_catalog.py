"""The table of models keeps its promises to the rest of the code."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from wan.errors import HubRefusal
from wan.hub.catalog import CATALOG, find, pulled_as
from wan.variants import VARIANTS
from wan.variants.published import Model


def test_every_variant_can_be_pulled_under_its_own_name() -> None:
    assert set(VARIANTS) <= set(CATALOG)
    for variant in VARIANTS:
        assert CATALOG[variant].variant == variant


def test_commits_are_whole_and_one_for_a_repository() -> None:
    commits = {(model.huggingface, model.commit) for model in CATALOG.values()}
    assert len(commits) == len({repo for repo, _ in commits})
    assert all(re.fullmatch(r"[0-9a-f]{40}", commit) for _, commit in commits if commit is not None)
    unknown = {model.name for model in CATALOG.values() if model.commit is None}
    assert unknown == {"s2v-14b", "animate-14b", "vace-fun-a14b-reference"}


@pytest.mark.parametrize("model", CATALOG.values(), ids=list(CATALOG))
def test_rows_are_whole_and_pickles_are_only_those_of_the_reference(model: Model) -> None:
    assert model.huggingface.count("/") == 1
    assert model.size > 1e8
    assert model.licence

    def pulls(path: str) -> bool:
        return any(fnmatchcase(path, pattern) for pattern in model.files)

    for path in (
        "pytorch_model.bin",
        "transformer/x.pt",
        "google/x.ckpt",
        "relighting_lora.ckpt",
        "sam2_hiera_large.pt",
    ):
        assert not pulls(path)
    assert pulls("models_t5_umt5-xxl-enc-bf16.pth") == (model.layout == "reference")
    assert not pulls("evil.pth")


def test_the_pose_detectors_come_with_the_files_that_hold_their_weights() -> None:
    patterns = CATALOG["animate-pose"].files
    for path in ("det/yolov10m.onnx", "pose2d/vitpose_h_wholebody.onnx/end2end.onnx", "pose2d/v.onnx/onnx__MatMul_1"):
        assert any(fnmatchcase(f"process_checkpoint/{path}", pattern) for pattern in patterns)


def test_the_tokenizers_of_all_layouts_are_pulled() -> None:
    for path in ("tokenizer/spiece.model", "tokenizer/tokenizer.json", "google/umt5-xxl/spiece.model", "merges.txt"):
        assert any(fnmatchcase(path, pattern) for pattern in CATALOG["t2v-a14b-reference"].files)


@pytest.mark.parametrize(
    ("asked", "told"),
    [("t2v", "t2v-a14b"), ("T2V-A14B", "t2v-a14b"), ("i2v-14b", "i2v-a14b"), ("zzz", "wanflow models list")],
)
def test_an_unknown_name_is_answered_with_the_nearest(asked: str, told: str) -> None:
    with pytest.raises(HubRefusal, match=told):
        find(asked)


def test_a_pulled_language_model_is_found_by_its_name_and_its_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANFLOW_MODELS", str(tmp_path))
    assert pulled_as("qwen2.5-vl-7b") is None
    (tmp_path / "qwen2.5-vl-7b").mkdir()
    (tmp_path / "qwen2.5-vl-7b" / "wanflow.json").write_text("{}")
    assert pulled_as("qwen2.5-vl-7b") == tmp_path / "qwen2.5-vl-7b"
    assert pulled_as("Qwen/Qwen2.5-VL-7B-Instruct") == tmp_path / "qwen2.5-vl-7b"
    assert pulled_as("Nobody/nothing") is None
