"""From overrides to settings: what composes, and what a person reads when it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.config import compose
from flows.errors import SettingsError


@pytest.fixture(autouse=True)
def empty_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_overrides_the_tiny_family_renders_a_final_film_locally() -> None:
    settings = compose().settings
    assert settings.model.family == "tiny"
    assert settings.render.steps_scale == 1.0
    assert settings.cluster.address is None
    assert settings.film.outputs == Path("outputs")
    assert settings.assets.roots == ()


def test_groups_and_values_are_overridden_together() -> None:
    settings = compose(["render=draft", "model=wan22", "model.root=/weights", "cluster.workers=3"]).settings
    assert (settings.render.steps_scale, settings.render.takes) == (0.5, 1)
    assert (settings.model.family, settings.model.root) == ("wan22", Path("/weights"))
    assert settings.cluster.max_workers == 3


def test_a_profile_changes_several_groups_and_yields_to_a_value() -> None:
    settings = compose(["profile=gpu", "cluster.gpus_per_worker=0.25"]).settings
    assert settings.render.device == "cuda"
    assert settings.cluster.gpus_per_worker == 0.25


@pytest.mark.parametrize(
    ("overrides", "members"),
    [
        (["cluster.gpus_per_worker=0.5"], 1),
        (["cluster.gpus_per_worker=1"], 1),
        (["cluster.gpus_per_worker=4"], 4),
        (["cluster.gang=2"], 2),
        (["cluster.gang=2", "cluster.gpus_per_worker=2"], 2),
        (["cluster.gang=1", "cluster.gpus_per_worker=0.5"], 1),
    ],
)
def test_a_worker_has_a_part_of_a_gpu_or_a_process_for_each(overrides: list[str], members: int) -> None:
    assert compose(overrides).settings.cluster.members == members


def test_settings_are_frozen_and_the_home_folder_is_found() -> None:
    settings = compose(["assets.roots=['~/pictures','/srv/sound']"]).settings
    assert settings.assets.roots == (Path.home() / "pictures", Path("/srv/sound"))
    with pytest.raises(AttributeError):
        settings.model.family = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    "raw",
    [
        "storyboard.title=on",
        "storyboard.title=a, b",
        "storyboard.shots.x.prompt='12:30'",
        "storyboard.seed=016",
        "storyboard.title=${x}",
    ],
)
def test_overrides_into_the_storyboard_stay_as_they_were_written(raw: str) -> None:
    composition = compose(["storyboard=films/boat.yaml", raw, "render=draft"])
    assert composition.storyboard == "films/boat.yaml"
    assert composition.storyboard_overrides == (raw,)


BAD = [
    ("rendr=final", "did you mean render?"),
    ("render=fnal", "did you mean final?"),
    ("cluster.adress=x", "did you mean cluster.address?"),
    ("adress=x", "did you mean cluster.address?"),
    ("render.steps=3", "did you mean render.steps_scale?"),
    ("=3", "is not an override"),
    ("store.address=", "has no value"),
    ("store.adress=x", "did you mean store.address?"),
    ("store.bucket=films", "is for a store in a bucket; write store=s3 store.bucket=NAME"),
    ("cluster.max_workers=two", "cluster.max_workers must be a whole number"),
    ("cluster.pool=My Pool", "is not a name; write small letters, digits and hyphens"),
    ("cluster.deadline=soon", "soon is no time; write 18:00, or 2026-01-31T18:00"),
    ("film.crf=1.5", "film.crf must be a whole number"),
    ("render.attention=null", "render.attention must be text"),
    ("assets.roots=3", "assets.roots must be a list, each a path"),
    ("+x=1", "there is no x"),
    ("hydra.run.dir=x", "there is no hydra.run.dir"),
    ("+render=draft", "leave out the +"),
    ("~render", "nothing can be deleted"),
    ("cluster.max_workers=1,2", "wanflow sweep"),
    ("render=final,draft", "wanflow sweep"),
    ("film.crf=99", "at most 51"),
    ("cluster.cpus_per_worker=nan", "more than 0"),
    ("render.size_scale=0.5", "0.5 needs steps that are cut: render.steps_scale below 1"),
    ("cluster.gpus_per_worker=1.5", "1.5 GPUs cannot be shared out: each process has one; write 1 or 2"),
    ("cluster.gang=-1", "at least 0"),
    ("model.family=tyny", "did you mean tiny?"),
    ("render.device=gpu", "did you mean cuda?"),
    ("film.subfolder=a/b", "one folder"),
    ("film.subfolder=..", "one folder"),
    ("prompts=on", "prompts= has api, local, off"),
    ("prompts.extend=apy", "did you mean api?"),
    ("prompts.max_words=3", "at least 10"),
    ("model=../secrets", "model= has tiny, wan22"),
    ("draft", "write KEY=VALUE"),
    ("a=b=[", "cannot be read"),
]


@pytest.mark.parametrize(("override", "expected"), BAD)
def test_a_bad_override_is_named_with_what_was_probably_meant(override: str, expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        compose([override])
    assert str(caught.value).startswith(override.split("=")[0])
    assert expected in str(caught.value)
    assert caught.value.exit_code == 2


def test_project_then_machine_settings_apply_by_themselves_and_the_command_line_wins(tmp_path: Path) -> None:
    write(
        tmp_path / "conf/project/default.yaml",
        "defaults:\n  - override /render: draft\nfilm: {crf: 30}\ncluster: {max_workers: 2}\n",
    )
    write(tmp_path / "conf/local/default.yaml", "cluster: {max_workers: 5}\n")
    settings = compose().settings
    assert settings.render.steps_scale == 0.5
    assert settings.film.crf == 30
    assert settings.cluster.max_workers == 5
    assert compose(["cluster.workers=7", "render=final"]).settings.cluster.max_workers == 7
    assert compose(["render=final"]).settings.render.steps_scale == 1.0


def test_a_conf_folder_of_some_other_program_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "conf/config.yaml", "nginx: true\n")
    assert compose().settings.model.family == "tiny"


def test_a_folder_for_the_store_may_be_called_its_path(tmp_path: Path) -> None:
    assert compose(["store.path=/mnt/nas"]).settings.store == compose(["store.address=/mnt/nas"]).settings.store
    write(tmp_path / "studio/project/default.yaml", "store: {path: /mnt/nas}\n")
    with pytest.raises(SettingsError, match=r"there is no store\.path; did you mean store\.address\?"):
        compose([], tmp_path / "studio")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("cost.gpu_hour={H200: -3}", "H200: -3.0 is out of range"),
        ("cost.gpu_hour={H200: nan}", "H200: nan is out of range"),
        ("cost.gpu_hour.H200=-3", "H200: -3.0 is out of range"),
        ("cost.gpu_hour={H200: abc}", "cost.gpu_hour.H200 must be a number: {H200: 3.5, default: 2}"),
        ("cost.gpu_hour={H200: null}", "cost.gpu_hour.H200 must be a number: {H200: 3.5, default: 2}"),
        ("cost.gpu_hour={H200: {a: 1}}", "H200 must have a number: {H200: 3.5, default: 2}"),
        ("cost.gpu_hour={4090: 1}", "cost.gpu_hour: 4090 is no name; write a text, as RTX 4090"),
        ("cost.gpu_hour={A100 80GB: 3, 80gb a100: 4}", "A100 80GB and 80gb a100 are one name; leave one"),
        ("cost.gpu_hour=3", "must be names, each with a number"),
        ("cost.worker_hour=-0.1", "-0.1 is out of range"),
        ("cost.currency=euro", "write its code of three capital letters"),
        ("cost.timezone=Berlin", "write one like Europe/Berlin"),
        ("cost.timezone='../UTC'", "write one like Europe/Berlin"),
        ("cost.cap.month=-5", "-5 is out of range"),
        ("cost.cap.film=nan", "nan is out of range"),
        ("cost.cap.film=cheap", "write money as 500, or hours of a GPU as 20h"),
        ("cost.warn_at=1.5", "1.5 is out of range"),
    ],
)
def test_what_cannot_be_a_price_or_a_cap_is_named_with_its_override(override: str, said: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        compose([override])
    assert str(wrong.value).startswith(override.replace("gpu_hour.H200=-3", "gpu_hour"))
    assert said in str(wrong.value)


def test_a_price_below_zero_is_named_with_its_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "default.yaml").write_text("cost:\n  currency: EUR\n  gpu_hour: {H200: 3.5, default: -1}\n")
    with pytest.raises(SettingsError, match=r"default\.yaml:3:25: default: -1\.0 is out of range"):
        compose([], tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "  gpu_hour:\n    H100: 2\n    H200: abc\n",
            "4:5: cost.gpu_hour.H200 must be a number: {H200: 3.5, default: 2}",
        ),
        ("  gpu_hour:\n    H100: 2\n    H200:\n", "4:5: cost.gpu_hour.H200 must be a number: {H200: 3.5, default: 2}"),
        (
            "  gpu_hour: {H200: 3,50}\n",
            "2:22: cost.gpu_hour: 50 is no name; write a text, as RTX 4090, and numbers with",
        ),
        ("  gpu_hour: {'': 3}\n", "2:3: cost.gpu_hour: '' names nothing; write what is in a name"),
        ("  gpu_hour: [3.5]\n", "2:3: cost.gpu_hour must be names, each with a number: {H200: 3.5, default: 2}"),
        ("  worker_hour: -1\n", "2:3: cost.worker_hour: -1.0 is out of range"),
        ("  cap: 500\n", "2:3: cost.cap must be a section, with keys of its own below it, as film"),
        ("", "1:1: cost must be a section, with keys of its own below it, as gpu_hour"),
    ],
)
def test_what_cannot_be_a_price_or_a_cap_is_named_with_its_key_and_line(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path / "project/default.yaml", f"cost:\n{text}")
    with pytest.raises(SettingsError) as wrong:
        compose([], tmp_path)
    assert f"project/default.yaml:{said}" in str(wrong.value)


def test_prices_by_gpu_are_added_to_those_of_a_project(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "default.yaml").write_text("cost: {gpu_hour: {H200: 3.5, default: 2}}\n")
    found = compose(["cost.gpu_hour={B200: 6, default: 1}", "cost.gpu_hour.L4=0.5"], tmp_path).settings.cost
    assert found.gpu_hour == {"H200": 3.5, "default": 1.0, "B200": 6.0, "L4": 0.5}
