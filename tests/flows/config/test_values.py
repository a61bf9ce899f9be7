"""Values that are of the right type and wrong all the same."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from flows.config import compose
from flows.config.values import wrong_values


def wrong(key: str, value: object, **more: object) -> list[tuple[str, str]]:
    """What is said of the shipped settings with that value."""
    tree: dict[str, Any] = asdict(compose().settings)
    for dotted, other in {key: value, **{name.replace("__", "."): given for name, given in more.items()}}.items():
        section, _, name = dotted.partition(".")
        tree[section][name] = other
    return list(wrong_values(tree))


def test_the_shipped_settings_are_right() -> None:
    assert wrong("film.crf", 18) == []


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("film.crf", 52, "52 is out of range; it must be at least 0 and at most 51"),
        ("render.steps_scale", 0.0, "0.0 is out of range; it must be more than 0 and at most 10"),
        ("cluster.start_timeout", float("nan"), "nan is out of range"),
        ("film.preset", "fsat", "did you mean fast? there are: ultrafast"),
        ("model.family", "wan23", "did you mean wan22?"),
        ("render.attention", "none", "there are: "),
        ("render.placement", "expert", "did you mean expert_swap?"),
        ("prompts.extend", "False", 'write "off" with its quotes'),
        ("cluster.gpus_per_worker", 2.5, "write 2 or 3, or a part of one GPU"),
        ("film.subfolder", "a/b", "is not the name of one folder"),
        ("film.outputs", Path("s3:/bucket"), "is an address"),
    ],
)
def test_what_is_wrong_is_said_with_the_fix(key: str, value: object, said: str) -> None:
    ((where, what),) = wrong(key, value)
    assert where == key
    assert said in what


@pytest.mark.parametrize(("gang", "gpus"), [(2, 1.0), (2, 0.5), (2, 4.0), (1, 2.0)])
def test_a_gang_has_a_gpu_for_each_process_or_none(gang: int, gpus: float) -> None:
    ((where, what),) = wrong("cluster.gang", gang, cluster__gpus_per_worker=gpus)
    assert where == "cluster.gang"
    assert f"write cluster.gpus_per_worker={gang}, or 0" in what


def test_a_smaller_picture_needs_fewer_steps() -> None:
    ((where, _),) = wrong("render.size_scale", 0.5)
    assert where == "render.size_scale"
    assert wrong("render.size_scale", 0.5, render__steps_scale=0.5) == []
