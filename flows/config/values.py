"""What a value may be beyond its type: one of a list, or within bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from wan.families import FAMILIES
from wan.model.attention import KERNELS
from wan.placement import PLACEMENTS
from wan.request import Precision, Solver
from wan.system.suggest import did_you_mean

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/")
"""`s3://bucket` as a path: pathlib has folded the slashes."""

X264_PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"),
    "placebo",
)

CHOICES: Mapping[str, tuple[str, ...]] = {
    "model.family": tuple(FAMILIES),
    "render.precision": get_args(Precision),
    "render.attention": tuple(KERNELS),
    "render.placement": ("auto", *PLACEMENTS),
    "render.solver": get_args(Solver),
    "render.device": ("auto", "cpu", "cuda"),
    "film.preset": X264_PRESETS,
    "prompts.extend": ("off", "local", "api"),
    "prompts.on_failure": ("error", "original"),
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Least and greatest value allowed; `above` excludes the least itself."""

    least: float
    greatest: float = float("inf")
    above: bool = False

    def hold(self, value: float) -> bool:
        """Whether `value` lies within (not-a-number never does)."""
        return (value > self.least if self.above else value >= self.least) and value <= self.greatest

    def __str__(self) -> str:
        least = f"{'more than' if self.above else 'at least'} {self.least:g}"
        return least if self.greatest == float("inf") else f"{least} and at most {self.greatest:g}"


BOUNDS: Mapping[str, Bounds] = {
    "render.num_inference_steps": Bounds(1, 1000),
    "render.flow_shift": Bounds(0, 100, above=True),
    "render.guidance_high": Bounds(1, 50),
    "render.guidance_low": Bounds(1, 50),
    "render.boundary_ratio": Bounds(0, 1),
    "render.steps_scale": Bounds(0, 10, above=True),
    "render.size_scale": Bounds(0.1, 1),
    "render.takes": Bounds(1, 100),
    "cluster.workers": Bounds(0, 10_000),
    "cluster.cpus_per_worker": Bounds(0, 1024, above=True),
    "cluster.gpus_per_worker": Bounds(0),
    "cluster.attempts": Bounds(1, 100),
    "cluster.start_timeout": Bounds(0, 86_400, above=True),
    "cluster.silence_timeout": Bounds(0, 604_800, above=True),
    "film.crf": Bounds(0, 51),
    "prompts.max_words": Bounds(10, 300),
    "prompts.attempts": Bounds(1, 20),
    "prompts.timeout": Bounds(0, 3600, above=True),
    "prompts.parallel": Bounds(1, 64),
}


def wrong_values(tree: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each dotted key whose value is out of its list or bounds, with what is wrong and the fix."""
    for key, choices in CHOICES.items():
        value = _at(tree, key)
        if value is not None and value not in choices:
            hint = did_you_mean(str(value), choices)
            hint += " " if hint else ""
            if value == "False" and "off" in choices:
                hint = 'YAML reads a bare off as false, so write "off" with its quotes; '
            yield key, f"{value} is not one of its values; {hint}there are: {', '.join(choices)}"
    for key, bounds in BOUNDS.items():
        value = _at(tree, key)
        if value is not None and not bounds.hold(value):
            yield key, f"{value} is out of range; it must be {bounds}"
    if (gpus := _at(tree, "cluster.gpus_per_worker")) > 1:
        yield (
            "cluster.gpus_per_worker",
            f"{gpus:g} GPUs, and a clip is rendered by one: the others would be idle; write 1, and each GPU gets a "
            "worker of its own (cluster.workers: how many)",
        )
    if (scale := _at(tree, "render.size_scale")) != 1 and _at(tree, "render.steps_scale") >= 1:
        yield "render.size_scale", f"{scale:g} needs steps that are cut: render.steps_scale below 1, or 1 for both"
    for section, values in tree.items():
        for name, value in values.items():
            if isinstance(value, Path) and _ADDRESS.match(str(value)):
                yield f"{section}.{name}", f"{value} is an address, and a folder or file on this machine is needed"
    if "/" in (folder := _at(tree, "film.subfolder") or "") or folder in (".", ".."):
        yield "film.subfolder", f"{folder} is not the name of one folder; leave out slashes and dots"


def _at(tree: Mapping[str, Any], key: str) -> Any:
    section, _, name = key.partition(".")
    return tree[section][name]
