"""Films from plan to file, with real Ray and real Prefect, and a renderer that only draws."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.errors import EnvironmentProblem, RenderError, UserError
from flows.ledger import read_history
from flows.media import probe_video
from flows.runs.server import Server
from flows.store import open_store
from tests.flows.conftest import Ask, MakeFilm
from tests.flows.film.filming import STORYBOARD, plan_in

pytestmark = pytest.mark.slow
Rendered = Callable[[], list[str]]


def task_runs(ask: Ask, flow_run_id: str, count: int) -> dict[str, str]:
    """Name and state of each; they are recorded a moment after they happened."""
    deadline = time.monotonic() + 15
    while True:
        runs = ask("/task_runs/filter", {"flow_runs": {"id": {"any_": [flow_run_id]}}})
        states = {run["name"]: run["state_name"] for run in runs}
        if len(states) >= count and not {"Pending", "Running", None} & set(states.values()):
            return states
        assert time.monotonic() < deadline, states
        time.sleep(0.2)


def test_a_film_a_report_a_plan_and_a_run_with_a_task_run_for_every_take(
    watched: MakeFilm, ask: Ask, tmp_path: Path
) -> None:
    film = watched()
    assert film.path == tmp_path / "outputs/the-paper-boat/film.mp4"
    assert probe_video(film.path).num_frames == 24
    assert film.report is not None
    assert "paper boat" in film.report.read_text()
    assert json.loads(film.plan_path.read_text())["title"] == "The paper boat"
    assert (film.rendered, film.cached) == (3, 0)
    runs = ask("/flow_runs/filter", {"flow_runs": {"id": {"any_": [film.flow_run_id]}}})
    assert [(run["name"], run["state_name"]) for run in runs] == [("The paper boat", "Completed")]
    assert task_runs(ask, film.flow_run_id, 3) == dict.fromkeys(
        ["river.launch", "river.drift", "river.night"], "Completed"
    )
    artifacts = ask("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [film.flow_run_id]}}})
    assert {artifact["key"] for artifact in artifacts} >= {"plan", "film", "report", "contact-sheet"}
    rows = read_history(open_store(str(tmp_path / "store")))
    assert {(row.shot, row.status, row.flow_run) for row in rows} == {
        (name, "rendered", film.flow_run_id) for name in ("river.launch", "river.drift", "river.night")
    }


def test_files_of_deliver_are_made_told_and_linked(make: MakeFilm, tmp_path: Path) -> None:
    story = STORYBOARD.replace("a boat at night", "a boat at night, caption: Night")
    (tmp_path / "film.yaml").write_text(f"{story}deliver: [{{name: phone, size: 36x64}}]\n")
    film = make()
    assert film.captions == tmp_path / "outputs/the-paper-boat/film.vtt"
    assert "Night" in film.captions.read_text()
    (phone,) = film.delivered
    made = probe_video(phone.path)
    assert (made.width, made.height, made.num_frames) == (phone.width, phone.height, 24)
    assert phone.seconds == 1.5
    assert film.report is not None
    assert 'href="phone.mp4"' in film.report.read_text()


def test_made_again_nothing_is_rendered(make: MakeFilm, watched: MakeFilm, ask: Ask, rendered: Rendered) -> None:
    make()
    rendered()
    again = watched()
    assert rendered() == []
    assert (again.rendered, again.cached) == (0, 3)
    assert again.path is not None
    assert set(task_runs(ask, again.flow_run_id, 3).values()) == {"Cached"}


def test_a_changed_prompt_renders_that_shot_and_those_that_start_from_it(
    make: MakeFilm, rendered: Rendered, tmp_path: Path
) -> None:
    make()
    rendered()
    story = tmp_path / "film.yaml"
    story.write_text(STORYBOARD.replace("a boat moves", "a ship moves"))
    assert make().rendered == 2
    assert rendered() == ["a boat comes closer", "a ship moves"]
    story.write_text(STORYBOARD.replace("a boat moves", "a ship moves").replace("a boat at night", "a ship at night"))
    make()
    assert rendered() == ["a ship at night"]


def test_a_clip_that_was_altered_on_disk_is_found_and_rendered_again(
    make: MakeFilm, rendered: Rendered, tmp_path: Path
) -> None:
    make()
    rendered()
    store = open_store(str(tmp_path / "store"))
    launch = plan_in(tmp_path).shots[0].takes[0]
    record = store.record(launch.fingerprint)
    assert record is not None
    clip = store.local_path(record.video)
    clip.chmod(0o644)
    clip.write_bytes(clip.read_bytes()[:-100])
    assert make().rendered == 1
    assert rendered() == ["a boat moves"]


def test_only_one_shot_renders_it_and_what_it_starts_from(make: MakeFilm, rendered: Rendered, tmp_path: Path) -> None:
    film = make(only=["drift"])
    assert rendered() == ["a boat comes closer", "a boat moves"]
    assert film.path is None
    (clip,) = film.clips
    assert clip == tmp_path / "outputs/the-paper-boat/shots/river.drift.mp4"
    assert probe_video(clip).num_frames == 8
    assert make(only=["river.night"]).path is not None


def test_a_shot_that_is_not_there_is_said_before_anything_starts(make: MakeFilm) -> None:
    with pytest.raises(UserError, match=r"no shot is called 'dive'; there are river\.launch"):
        make(only=["dive"])


def test_one_bad_shot_costs_only_those_that_start_from_it(
    watched: MakeFilm, ask: Ask, rendered: Rendered, tmp_path: Path
) -> None:
    (tmp_path / "film.yaml").write_text(STORYBOARD.replace("a boat moves", "this is refused"))
    with pytest.raises(RenderError) as caught:
        watched()
    message = str(caught.value)
    assert "2 takes were not rendered" in message
    assert "river.launch: on worker-" in message
    assert "17x17" in message
    assert "river.drift: not rendered: it starts from river.launch, which failed" in message
    assert rendered() == ["a boat at night"]
    assert not (tmp_path / "outputs/the-paper-boat/film.mp4").exists()
    missing = tmp_path / "outputs/the-paper-boat/missing.html"
    assert str(missing) in message
    assert "2 takes could not be rendered" in missing.read_text()
    (run,) = ask("/flow_runs/filter", {"sort": "START_TIME_DESC", "limit": 1})
    assert run["state_type"] == "FAILED"
    assert task_runs(ask, run["id"], 3) == {
        "river.launch": "Failed",
        "river.drift": "Failed",
        "river.night": "Completed",
    }
    statuses = {row.shot: row.status for row in read_history(open_store(str(tmp_path / "store")))}
    assert statuses == {"river.launch": "failed", "river.drift": "failed", "river.night": "rendered"}


def test_what_failed_is_said_though_the_ledger_cannot_be_written(
    make: MakeFilm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise EnvironmentProblem("no space left for the store")

    monkeypatch.setattr("flows.film.record.append_rows", full)
    (tmp_path / "film.yaml").write_text(STORYBOARD.replace("a boat at night", "this is refused"))
    with pytest.raises(RenderError, match=r"river\.night: on worker-"):
        make()
    (tmp_path / "film.yaml").write_text(STORYBOARD)
    film = make()
    assert film.path is not None
    assert not (tmp_path / "outputs/the-paper-boat/missing.html").exists()
    assert "the history of this film could not be written: no space left for the store" in film.warnings


def test_every_take_has_a_task_run_of_its_own(watched: MakeFilm, ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "film.yaml").write_text(STORYBOARD.replace("a boat at night", "a boat at night, takes: 2"))
    film = watched()
    assert "river.night take 2" in task_runs(ask, film.flow_run_id, 4)


def test_another_storyboards_film_is_not_overwritten(make: MakeFilm, tmp_path: Path) -> None:
    make()
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "film.yaml").rename(other / "film.yaml")
    (tmp_path / "film.yaml").symlink_to(other / "film.yaml")
    with pytest.raises(UserError, match="would be overwritten"):
        make()


def test_no_gpu_here_is_a_clear_error(make: MakeFilm, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match="needs 4 GPUs, the cluster has 0"):
        make(gpus_per_worker=4.0)
    assert not (tmp_path / "outputs/the-paper-boat/film.mp4").exists()


def test_a_server_of_ones_own_gets_the_run(
    watched: MakeFilm, server: Server, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", server.api)
    film = watched(only=["launch"])
    assert film.run_url.startswith(server.url)
    assert task_runs(ask, film.flow_run_id, 1) == {"river.launch": "Completed"}
