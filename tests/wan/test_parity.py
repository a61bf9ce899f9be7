"""The folder of the reference's tensors: one at a time, and the committed one whole."""

from __future__ import annotations

import hashlib
import json
import lzma
import shutil
from pathlib import Path

import pytest

from tests.wan.parity import PACKED, Parity

COMMITTED = Path(__file__).parents[1] / "parity"


def test_what_a_folder_lacks_comes_from_no_other(tmp_path: Path) -> None:
    for name in ("index.json", f"sampler.safetensors{PACKED}"):
        shutil.copy(COMMITTED / name, tmp_path / name)
    other = Parity(tmp_path)
    assert other["sampler"].tensors
    assert other.matches("schedule", r"out\.(\w+)\..*") == []
    with pytest.raises(pytest.skip.Exception, match=r"schedule\.safetensors is not in"):
        other["schedule"]
    with pytest.raises(pytest.skip.Exception, match=r"unheard_of\.safetensors is not in"):
        other["unheard_of"]
    assert other.config("unheard_of") == {}


def test_cases_are_read_from_the_names_of_tensors(tmp_path: Path) -> None:
    found = Parity(COMMITTED).matches("image_prep", r"out\.(i2v|ti2v)\.image(\d)")
    assert found == [("i2v", "0"), ("i2v", "1"), ("ti2v", "0")]


def test_committed_files_are_those_of_the_index() -> None:
    entries = json.loads((COMMITTED / "index.json").read_text())["files"]
    files = sorted(COMMITTED.glob(f"*.safetensors{PACKED}"))
    assert len(files) >= 6
    for path in files:
        name = path.name.removesuffix(PACKED)
        assert hashlib.sha256(lzma.decompress(path.read_bytes())).hexdigest() == entries[name]["sha256"], name
