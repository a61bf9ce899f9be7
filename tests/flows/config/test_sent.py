"""What of a configuration goes along with a film that another machine makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.config import as_override, compose, sent_overrides
from flows.config.names import GROUPS
from flows.config.schema import leaves
from flows.config.sent import OF_MACHINE


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """A project's own: what it says of films, and of this machine."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "default.yaml").write_text(
        'film: {crf: 23, outputs: /films}\nrender: {negative_prompt: "it\'s \\\\ blurry"}\ncluster: {attempts: 5}\n'
    )
    return tmp_path


def test_what_a_machine_decides_is_a_key_a_group_or_a_section() -> None:
    keys = [key for key, _ in leaves()]
    assert set(OF_MACHINE) <= {*GROUPS, *keys, *(key.partition(".")[0] for key in keys)}


def test_without_a_projects_own_conf_the_words_of_the_command_line_go_along_but_for_the_store() -> None:
    said = ("render=draft", "store.path=/here", "store=local", "storyboard.seed=3", "cluster.attempts=2")
    assert sent_overrides(said) == ("render=draft", "storyboard.seed=3", "cluster.attempts=2")


def test_what_a_project_says_of_films_goes_along_and_of_its_machine_stays(conf: Path) -> None:
    sent = sent_overrides(("render.num_inference_steps=5", "storyboard.seed=3", "cluster.attempts=2"), conf)
    there = compose(sent).settings
    assert there.film.crf == 23
    assert there.render.num_inference_steps == 5
    assert there.render.negative_prompt == compose((), conf).settings.render.negative_prompt
    assert (there.cluster.attempts, there.film.outputs) == (2, compose(()).settings.film.outputs)
    assert "storyboard.seed=3" in sent


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 0.5, "plain", "a, b", "it's", "back\\slash", "end\\", "\\'", "${x}", "\\${x}", "{{ y }}", " "],
)
def test_a_value_is_the_same_after_it_was_said_on_a_command_line(value: object) -> None:
    key = {bool: "render.vae_tiling", int: "film.crf", float: "render.steps_scale"}.get(type(value), "prompts.model")
    key = "cluster.address" if value is None else key
    settings = compose([as_override(key, value)]).settings
    section, name = key.split(".")
    assert getattr(getattr(settings, section), name) == value


def test_prices_and_caps_go_along_whole(conf: Path) -> None:
    (conf / "project" / "default.yaml").write_text(
        "cost: {gpu_hour: {H200: 3.5, A100 80GB: 1.8, default: 2}, currency: EUR, cap: {month: 20h}}\n"
    )
    assert compose(sent_overrides((), conf)).settings.cost == compose((), conf).settings.cost
    assert compose((), conf).settings.cost.gpu_hour == {"H200": 3.5, "A100 80GB": 1.8, "default": 2.0}


@pytest.mark.parametrize("name", ["H200", "RTX 4090 (24GB)", "a,b", "x:y=z [1] {2}", "back\\slash"])
def test_a_price_has_any_name(name: str) -> None:
    said = as_override("cost.gpu_hour", {name: 2.5, "default": 1.0})
    assert compose([said]).settings.cost.gpu_hour == {name: 2.5, "default": 1.0}
