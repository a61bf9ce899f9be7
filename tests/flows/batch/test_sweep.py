"""Sweeps planned together: what differs, what films share, and mistakes that are found before anything is rendered."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import FileIO
from pathlib import Path
from threading import Event

import pytest

from flows.batch.make import make_batch
from flows.batch.manifest import read_manifest
from flows.batch.plan import plan_batch
from flows.batch.record import Recorder
from flows.batch.sheet import read_sheet
from flows.batch.sweep import Sweep, alike, plan_sweep
from flows.cluster import RendererSpec
from flows.cluster.session import RaySession
from flows.config import compose
from flows.errors import SettingsError, StoryboardError, UserError
from flows.film.folder import OWNER, claimed_for
from flows.film.picking import choices, keep, made_film
from flows.settings import Settings
from flows.store import open_store
from tests.flows.batch.batches import asked, table
from tests.flows.batch.sweeps import STORYBOARD, swept
from tests.flows.cluster.troubled import KIND
from wan.system.locks import try_lock


def test_films_are_all_combinations_and_named_by_what_differs(tmp_path: Path) -> None:
    texts = ["storyboard.seed=1,2", "render=final,draft", "storyboard.title=Other"]
    plan = plan_sweep(swept(tmp_path, *texts), weights=False)
    assert plan.called == "film-seed-render"
    assert [planned.name for planned in plan.films] == [
        "seed-1-render-final",
        "seed-1-render-draft",
        "seed-2-render-final",
        "seed-2-render-draft",
    ]
    assert plan.films[1].film.variables == {"storyboard.seed": "1", "render": "draft"}
    assert plan.overrides[0] == "storyboard.title=Other"
    steps = [planned.plan.shots[0].first.sampling.num_inference_steps for planned in plan.films]
    assert steps[0] == steps[2] == 2 * steps[1]
    assert {planned.plan.title for planned in plan.films} == {"Other"}
    assert {planned.plan.settings.film.outputs for planned in plan.films} == {tmp_path / "outputs" / plan.called}


def test_settings_that_are_equal_are_found_without_comparing_each_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = compose(["cost.gpu_hour={H200: 3}"]).settings
    dearer = replace(usual, cost=replace(usual.cost, gpu_hour={"H200": 4.0}))
    different = [replace(usual, render=replace(usual.render, steps_scale=1 + number / 1e4)) for number in range(400)]
    compared = 0
    equal = Settings.__eq__

    def counted(one: Settings, other: object) -> bool:
        nonlocal compared
        compared += 1
        return equal(one, other)

    monkeypatch.setattr(Settings, "__eq__", counted)
    groups = alike([*different, dearer, *map(replace, different)])
    assert list(groups.values()) == [[number, number + 401] if number < 400 else [400] for number in range(401)]
    assert compared < 1000


def test_clips_that_films_share_are_counted_once(tmp_path: Path) -> None:
    plan = plan_sweep(swept(tmp_path, "storyboard.seed=1,2,3"), weights=False)
    assert (plan.totals.clips, plan.totals.distinct) == (9, 5), "the opening, and takes of neighbouring seeds"
    locale = plan_sweep(
        swept(
            tmp_path,
            "storyboard.variables.locale=en,de",
            storyboard=f"{STORYBOARD}        \n".replace("takes: 2}", 'takes: 2, caption: "{{ locale }}"}'),
        ),
        weights=False,
    )
    assert (locale.totals.clips, locale.totals.distinct) == (6, 3), "captions are laid over the same pictures"
    assert [planned.plan.shots[1].caption for planned in locale.films] == ["en", "de"]


def test_two_storyboards_can_be_compared(tmp_path: Path) -> None:
    sweep = swept(tmp_path, "storyboard.seed=1")
    (tmp_path / "other.yaml").write_text(STORYBOARD)
    films = [(f"storyboard={tmp_path / name}", *sweep.films[0]) for name in ("film", "other")]
    plan = plan_sweep(Sweep(films=films, called="both"), weights=False)
    assert [planned.film.storyboard.path.name for planned in plan.films] == ["film.yaml", "other.yaml"]


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        (["storyboard.seed=1"], UserError, "nothing to compare"),
        (["storyboard.sed=1,2"], StoryboardError, "override storyboard.sed=1:1:12: unknown key 'sed'"),
        (["storyboard.seed=1,-2"], StoryboardError, "override storyboard.seed=-2:1:17"),
        (["storyboard.shots.own.take=1,5"], StoryboardError, "take 5 is chosen, and the shot has 2 takes"),
        (["storyboard.shots.on.take=1,2"], StoryboardError, "did you mean"),
        (["rendr=draft,final"], SettingsError, "did you mean render"),
        (["render=draft,nope"], SettingsError, "render= has draft, final"),
        (["render.steps_scale=1,-3"], SettingsError, "render.steps_scale"),
        (["cluster.max_workers=1,2"], SettingsError, "cluster: cannot be swept over"),
        (["store.bucket=a,b"], SettingsError, "store"),
        (["film.subfolder=a,b"], SettingsError, "film.subfolder: cannot be swept over"),
        (["render.device=cpu,auto"], SettingsError, "render.device: cannot be swept over"),
        (["storyboard.seed=range(1,50)"], UserError, "49 films; at most 9"),
        (["render=glob(*)"], SettingsError, "write the values out"),
    ],
)
def test_a_mistake_names_its_override(texts: list[str], error: type[UserError], message: str, tmp_path: Path) -> None:
    with pytest.raises(error) as caught:
        plan_sweep(swept(tmp_path, *texts, most=9), weights=False)
    assert message in str(caught.value)
    assert not (tmp_path / "outputs").exists()
    assert not (tmp_path / "store").exists()


def test_what_several_films_have_is_said_once(tmp_path: Path) -> None:
    broken = STORYBOARD.replace("takes: 2", "takes: none")
    with pytest.raises(StoryboardError) as caught:
        plan_sweep(swept(tmp_path, "storyboard.seed=1,2,3", storyboard=broken), weights=False)
    assert len(caught.value.problems) == 1


def test_a_folder_is_one_storyboards(tmp_path: Path) -> None:
    """Sweeps of another storyboard, or of several, and batches of the same one take it from none."""
    mine = plan_sweep(swept(tmp_path, "storyboard.seed=1,2", called="ours"), weights=False)
    assert mine.owner == str(tmp_path / "film.yaml")
    mine.folder.mkdir(parents=True)
    Recorder(mine, [])
    kept = read_manifest(mine.folder)
    assert kept is not None
    assert (kept.storyboard, kept.table) == (str(tmp_path / "film.yaml"), "")
    (tmp_path / "other.yaml").write_text(STORYBOARD)
    films = swept(tmp_path, "storyboard.seed=1,2").films
    other = Sweep(films=films, storyboard=tmp_path / "other.yaml", called="ours")
    both = Sweep(films=[(f"storyboard={tmp_path / each}.yaml", *films[0]) for each in ("other", "film")], called="ours")
    rows = asked(tmp_path, table(["shape"], ["boat"]), STORYBOARD, called="ours")
    theirs = [plan_sweep(other, weights=False), plan_sweep(both, weights=False), plan_batch(rows, weights=False)]
    for plan in theirs:
        with pytest.raises(UserError, match=rf"is a sweep of {tmp_path}/film\.yaml\n .*--as NAME"):
            make_batch(plan)
    assert read_manifest(mine.folder) == kept
    assert theirs[1].owner == f"{tmp_path}/film.yaml, {tmp_path}/other.yaml"


def test_of_two_sweeps_that_begin_at_once_one_has_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second looks before the first has written anything, and has its turn when the first is done."""
    mine = plan_sweep(swept(tmp_path, "storyboard.seed=1,2", called="ours"), weights=False)
    (tmp_path / "other.yaml").write_text(STORYBOARD)
    films = swept(tmp_path, "storyboard.seed=1,2").films
    other = plan_sweep(Sweep(films=films, storyboard=tmp_path / "other.yaml", called="ours"), weights=False)
    looked = Event()

    def entries_of(plan: object) -> None:
        pytest.fail("the folder was taken")

    def waits(file: FileIO) -> bool:
        taken = try_lock(file)
        looked.set()
        return taken

    monkeypatch.setattr("flows.batch.make.entries_of", entries_of)
    with ThreadPoolExecutor(1) as threads:
        with claimed_for(mine.owner, mine.folder, mine.outputs):
            monkeypatch.setattr("flows.film.folder.try_lock", waits)
            second = threads.submit(make_batch, other)
            assert looked.wait(10)
            Recorder(mine, [])
        with pytest.raises(UserError, match=rf"is a sweep of {tmp_path}/film\.yaml\n .*--as NAME"):
            second.result(20)
    kept = json.loads((mine.folder / OWNER).read_text())
    assert kept["storyboard"] == mine.owner, "it stays whose it is"


@pytest.mark.slow
def test_a_sweep_is_one_batch_with_a_sheet_and_goes_on(ray_here: RaySession, tmp_path: Path) -> None:
    sweep = swept(tmp_path, "storyboard.variables.shape=star,boat is refused,kite")
    renderer = RendererSpec(KIND, {"folder": str(tmp_path)})
    result = make_batch(plan_sweep(sweep), renderer=renderer)
    assert [entry.state for entry in result.entries] == ["made", "failed", "made"]
    prompts = (tmp_path / "rendered.txt").read_text().splitlines()
    assert sorted(prompts) == ["a red kite", "a red kite", "a red star", "a red star", "a yellow star moves up"]
    sheet = read_sheet(result.folder)
    assert sheet is not None
    assert sheet.shots == ["all.opening", "all.own"]
    assert [row.differs for row in sheet.rows] == [{"shape": text} for text in ("star", "boat is refused", "kite")]
    star, boat, kite = sheet.rows
    assert star.frames[1].picture != kite.frames[1].picture
    assert re.fullmatch("take [12], best score", star.frames[1].words)
    assert kite.frames[0].same_as == "shape-star"
    assert boat.frames[1].picture is None
    page = result.gallery.read_text()
    assert page.count("data:image/jpeg") == 5, "of the failed one what is there, too"
    assert "17x17" in page
    assert result.sheet == result.folder / "sheet.jpg"
    assert result.sheet.read_bytes()[:2] == b"\xff\xd8"

    (tmp_path / "rendered.txt").write_text("")
    again = make_batch(plan_sweep(swept(tmp_path, "storyboard.variables.shape=star,kite,sun")), renderer=renderer)
    assert [entry.state for entry in again.entries] == ["kept", "kept", "made"]
    assert (tmp_path / "rendered.txt").read_text().splitlines() == ["a red sun", "a red sun"]


@pytest.mark.slow
def test_a_picked_take_is_cut_in_and_only_what_goes_on_from_it_is_rendered(
    ray_here: RaySession, tmp_path: Path
) -> None:
    going_on = f"{STORYBOARD}      - {{id: behind, prompt: a blue ball, continuity: previous}}\n"
    renderer = RendererSpec(KIND, {"folder": str(tmp_path)})

    def made() -> list[str]:
        (tmp_path / "rendered.txt").write_text("")
        texts = ["storyboard.variables.locale=en,de"]
        captions = going_on.replace("takes: 2}", 'takes: 2, caption: "{{ locale }}"}')
        result = make_batch(plan_sweep(swept(tmp_path, *texts, storyboard=captions)), renderer=renderer)
        assert result.complete
        return (tmp_path / "rendered.txt").read_text().splitlines()

    assert len(made()) == 4
    assert made() == []
    store = open_store(str(tmp_path / "store"))
    film = made_film(tmp_path / "outputs" / "film-locale" / "locale-en")
    keep(film, choices(film, ["own=2"], store), store, "ann", "2026-12-01T10:00:00+00:00")
    assert made() == ["a blue ball"], "for both languages at once: it is the same take"
    after = made_film(tmp_path / "outputs" / "film-locale" / "locale-de")
    assert after.shot("own").by == "pick"
    keep(film, {"all.own": None}, store, "", "")
    assert made() == [], "what was rendered before is still there"
