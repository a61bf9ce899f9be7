"""What workers render with, as it travels to them."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from flows.cluster.renderers import RENDERERS, RendererSpec, build_renderer, wan_renderer
from flows.cluster.stub import StubRenderer
from flows.config import compose
from wan.request import Numerics


def test_a_spec_travels_and_is_built_where_it_arrives() -> None:
    spec = pickle.loads(pickle.dumps(RendererSpec("stub", {"seconds": 0.0, "steps": 2})))  # noqa: S301  # our own
    assert isinstance(build_renderer(spec, threads=1), StubRenderer)


def test_a_renderer_of_somebody_else_is_named_by_its_place() -> None:
    spec = RendererSpec("flows.cluster.stub:StubRenderer")
    assert isinstance(build_renderer(spec, threads=1), StubRenderer)
    with pytest.raises(ModuleNotFoundError):
        build_renderer(RendererSpec("nowhere.at.all:Renderer"), threads=1)


def test_the_settings_say_what_is_rendered_with_and_where() -> None:
    settings = compose(["model.root=/weights", "render.device=cpu", "render.placement=offload"]).settings
    spec = wan_renderer(settings)
    assert spec.kind in RENDERERS
    assert spec.device == "cpu"
    assert spec.options["family"] == settings.model.family
    assert Path(str(spec.options["root"])) == Path("/weights")
    assert spec.options["placement"] == "offload"
    assert isinstance(spec.options["numerics"], Numerics)
    assert not spec.eight_bits


def test_a_part_of_a_gpu_is_all_that_a_worker_may_fill() -> None:
    settings = compose([]).settings
    half = replace(settings, cluster=replace(settings.cluster, gpus_per_worker=0.5))
    assert wan_renderer(half).options["gpu_share"] == 0.5
    none = replace(settings, cluster=replace(settings.cluster, gpus_per_worker=0))
    assert wan_renderer(none).options["gpu_share"] == 1.0


def test_eight_bits_are_asked_of_the_machine_before_it_is_used() -> None:
    assert RendererSpec("wan", {"numerics": replace(Numerics(), precision="fp8")}).eight_bits
    assert not RendererSpec("stub").eight_bits
