"""Checkpoints are compared before anything is sent to a pool."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flows.cluster.renderers import RendererSpec
from flows.cluster.weights import check_checkpoints, known_revision, weights_of
from flows.errors import EnvironmentProblem
from wan.families import FAMILIES
from wan.weights.checkpoint import Checkpoint

TINY = RendererSpec("wan", {"family": "tiny", "root": None})
OURS, THEIRS = "a" * 64, "b" * 64


def test_a_revision_is_told_without_a_pipeline() -> None:
    checkpoint = Checkpoint.open(FAMILIES["tiny"], "t2v-a14b")
    assert known_revision(TINY, "t2v-a14b") == checkpoint.revision
    files = weights_of(TINY, "t2v-a14b")
    assert set(files) == set(checkpoint.weights)
    assert {path.suffix for path in files} == {".safetensors"}


def test_where_a_checkpoint_is_missing_it_is_none_and_a_renderer_may_have_none_at_all(tmp_path: Path) -> None:
    empty = RendererSpec("wan", {"family": "tiny", "root": str(tmp_path)})
    assert (known_revision(empty, "t2v-a14b"), weights_of(empty, "t2v-a14b")) == ("", ())
    assert known_revision(RendererSpec("stub"), "t2v-a14b") is None
    assert weights_of(RendererSpec("stub"), "t2v-a14b") == ()


def test_large_files_that_nobody_has_read_yet_are_not_read_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = FAMILIES["tiny"].root
    assert root is not None
    shutil.copytree(root, tmp_path / "tiny")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("wan.weights.checkpoint._READ_BYTES", 1)
    monkeypatch.setattr("wan.system.digests.FRESH_NS", -(10**12))
    spec = RendererSpec("wan", {"family": "tiny", "root": str(tmp_path / "tiny")})
    assert known_revision(spec, "t2v-a14b") is None
    revision = Checkpoint.open(FAMILIES["tiny"], "t2v-a14b", tmp_path / "tiny").revision
    assert known_revision(spec, "t2v-a14b") == revision, "once they were read it is known"


def test_a_film_that_no_machine_has_the_checkpoint_for_is_told_which_and_where() -> None:
    found = {
        "one": {"t2v-a14b": THEIRS, "i2v-a14b": OURS},
        "two": {"t2v-a14b": THEIRS, "i2v-a14b": THEIRS},
        "three": {"t2v-a14b": "", "i2v-a14b": THEIRS},
    }
    with pytest.raises(EnvironmentProblem) as caught:
        check_checkpoints("default", {"t2v-a14b": OURS, "i2v-a14b": OURS}, found, TINY)
    said = str(caught.value)
    assert "the pool default has other checkpoints than this film was planned with" in said
    assert "t2v-a14b: aaaaaaaaaaaa here (" in said
    assert "none on three; bbbbbbbbbbbb on one, two" in said
    assert "wanflow models pull t2v-a14b, there or here" in said
    assert "i2v-a14b" not in said, "one machine that has it is enough"


@pytest.mark.parametrize(
    "found",
    [{}, {"one": {"t2v-a14b": None}}, {"one": {"t2v-a14b": THEIRS}, "two": {"t2v-a14b": None}}],
)
def test_what_is_not_known_is_not_held_against_the_pool(found: dict[str, dict[str, str | None]]) -> None:
    check_checkpoints("default", {"t2v-a14b": OURS}, found, TINY)
