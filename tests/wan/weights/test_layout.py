"""Indexes and names of weights as people have them: what is wrong is named, wherever it is looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.wan.lora.test_file import write
from wan.convert.gather import shards
from wan.errors import CheckpointError
from wan.hub.structure import weight_faults
from wan.weights.layout import class_name, indexed_files, weight_files

STEM = "diffusion_pytorch_model"


def index(folder: Path, content: Any) -> Path:
    path = folder / f"{STEM}.safetensors.index.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "is no index of shards"),
        ({"weight_map": None}, "is no index of shards"),
        ({"weight_map": {}}, "is no index of shards"),
        ({"weight_map": [1]}, "is no index of shards"),
        ({"weight_map": {"a": 1, "b": ["x"]}}, "is no index of shards"),
        ({"weight_map": {"a": "../a.safetensors"}}, "names files in other folders"),
        ({"weight_map": {"a": "a.safetensors"}}, "lists 1 files, of which these are missing: a.safetensors"),
        ("[" * 100_000, "cannot be read as JSON"),
        ("[]", "holds list, not a JSON object"),
    ],
)
def test_a_broken_index_is_told_alike_by_all_who_read_it(tmp_path: Path, content: Any, said: str) -> None:
    path = index(tmp_path, content)
    with pytest.raises(CheckpointError, match=said) as raised:
        indexed_files(path)
    with pytest.raises(CheckpointError) as by_plan:
        weight_files("transformer", tmp_path)
    with pytest.raises(CheckpointError) as by_convert:
        shards(tmp_path)
    (fault,) = weight_faults(tmp_path)
    assert str(raised.value) == str(by_plan.value) == str(by_convert.value) == fault.what


@pytest.mark.parametrize("name", ["Diffusion_Pytorch_Model", "diffusion_pytorch_model (1)"])
def test_a_file_of_nearly_the_right_name_is_pointed_at(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"a": (1,)}, name=name)
    with pytest.raises(CheckpointError, match="under a name that is not looked for: rename it") as raised:
        weight_files("transformer", tmp_path)
    assert name in str(raised.value)


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({"_class_name": "A"}, "A"),
        ({"architectures": ["B"]}, "B"),
        ({}, None),
        ({"architectures": 5}, None),
        ({"architectures": []}, None),
        ({"_class_name": {"a": 1}}, None),
    ],
)
def test_a_configuration_names_its_class_or_none(config: Any, name: str | None) -> None:
    assert class_name(config) == name
