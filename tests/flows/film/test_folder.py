"""The folder a film is written to."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from flows.errors import EnvironmentProblem, UserError
from flows.film.folder import check_space, claimed, film_folder
from flows.planning import Plan
from tests.flows.cluster.clips import clip
from tests.flows.film.filming import plan_in


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_in(tmp_path)


def test_it_is_named_by_the_title_and_notes_whose_it_is(plan: Plan, tmp_path: Path) -> None:
    with claimed(plan) as folder:
        assert folder == film_folder(plan) == tmp_path / "outputs/the-paper-boat"
        assert json.loads((folder / ".wanflow.json").read_text()) == {"storyboard": str(tmp_path / "film.yaml")}


def test_the_same_storyboard_may_write_again_and_at_the_same_time_is_waited_for(plan: Plan) -> None:
    heard: list[str] = []
    inside: list[bool] = []

    def second() -> None:
        with claimed(plan, heard.append) as folder:
            inside.append((folder / "film.mp4").exists())

    with claimed(plan) as folder:
        thread = Thread(target=second)
        thread.start()
        while not heard:
            assert thread.is_alive()
        (folder / "film.mp4").touch()
        assert not inside
    thread.join(10)
    assert inside == [True]
    assert heard == [
        f"{folder} is being written by another command, which renders the same storyboard; waiting until it is done"
    ]
    with claimed(plan):
        pass


def test_a_command_that_came_to_nothing_leaves_the_folder_to_the_one_that_waits(plan: Plan) -> None:
    heard: list[str] = []
    notes: list[str] = []

    def second() -> None:
        with claimed(plan, heard.append) as folder:
            notes.extend(os.listdir(folder))

    with claimed(plan):
        thread = Thread(target=second)
        thread.start()
        while not heard:
            assert thread.is_alive()
    thread.join(10)
    assert notes == [".wanflow.json"]


def test_a_full_disk_takes_nobodys_note_away(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with claimed(plan) as folder:
        (folder / "plan.json").touch()
    note = (folder / ".wanflow.json").read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    other = replace(plan, storyboard=replace(plan.storyboard, path=tmp_path / "other.yaml"))
    with pytest.raises(EnvironmentProblem, match="No space left"), claimed(other):
        pass
    with claimed(plan):
        (folder / "film.mp4").touch()
    with claimed(plan):
        assert (folder / ".wanflow.json").read_bytes() == note


def test_a_folder_taken_away_while_its_lock_is_waited_for_is_made_again(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = fcntl.flock
    taken: list[int] = []

    def slow(file: Any, operation: int) -> None:
        if not taken:
            taken.append(operation)
            shutil.rmtree(film_folder(plan))
        lock(file, operation)

    monkeypatch.setattr(fcntl, "flock", slow)
    with claimed(plan) as folder:
        assert taken
        assert json.loads((folder / ".wanflow.json").read_text())["storyboard"].endswith("film.yaml")


def test_a_film_of_another_storyboard_stays(plan: Plan) -> None:
    with claimed(plan) as folder:
        (folder / "film.mp4").write_text("precious")
    (folder / ".wanflow.json").write_text('{"storyboard": "/elsewhere/film.yaml"}')
    with pytest.raises(UserError, match=r"made from /elsewhere/film\.yaml.*\n.*another title"), claimed(plan):
        pass
    assert (folder / "film.mp4").read_text() == "precious"


def test_two_storyboards_of_one_title_do_not_render_into_one_folder_at_once(plan: Plan, tmp_path: Path) -> None:
    other = replace(plan, storyboard=replace(plan.storyboard, path=tmp_path / "other.yaml"))
    with claimed(plan) as folder:
        told = r"written by another command, which renders .*film\.yaml\n.*title"
        with pytest.raises(UserError, match=told), claimed(other):
            pass
        assert json.loads((folder / ".wanflow.json").read_text()) == {"storyboard": str(tmp_path / "film.yaml")}
        (folder / "plan.json").touch()
    with claimed(other):
        assert json.loads((folder / ".wanflow.json").read_text()) == {"storyboard": str(tmp_path / "other.yaml")}


def test_a_film_of_somebody_elses_making_stays(plan: Plan) -> None:
    folder = film_folder(plan)
    folder.mkdir(parents=True)
    (folder / "film.mp4").touch()
    with pytest.raises(UserError, match="not made by wanflow"), claimed(plan):
        pass
    assert os.listdir(folder) == ["film.mp4"]


def test_a_place_that_cannot_be_written_is_said_with_the_way_out(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "outputs").write_text("a file where a folder should be")
    with pytest.raises(EnvironmentProblem, match=r"film\.outputs=FOLDER"), claimed(plan):
        pass


def test_a_place_where_no_folder_can_be_made_is_no_race(plan: Plan) -> None:
    nowhere = replace(plan.settings.film, outputs=Path("/proc/nowhere"))
    plan = replace(plan, settings=replace(plan.settings, film=nowhere))
    told = r"cannot be written to /proc/nowhere/the-paper-boat: No such file.*\n.*film\.outputs=FOLDER"
    with pytest.raises(EnvironmentProblem, match=told), claimed(plan):
        pass


@pytest.mark.parametrize("below", ["", "films"])
def test_a_link_to_nowhere_is_named_with_where_it_leads(plan: Plan, tmp_path: Path, below: str) -> None:
    (tmp_path / "disk").symlink_to(tmp_path / "gone")
    place = tmp_path / "disk" / below
    linked = replace(plan.settings.film, outputs=place)
    plan = replace(plan, settings=replace(plan.settings, film=linked))
    told = rf"{tmp_path}/disk is a link to {tmp_path}/gone, which is not there\n.*"
    with pytest.raises(EnvironmentProblem, match=told + r"film\.outputs=FOLDER"), claimed(plan):
        pass
    with pytest.raises(EnvironmentProblem, match=told + r"store\.address=FOLDER"):
        check_space(tmp_path, place, [clip("a")])
    (tmp_path / "gone").mkdir()
    with claimed(plan) as folder:
        assert folder.is_dir()


def test_a_film_that_came_to_nothing_leaves_no_folder(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), claimed(plan):
        raise ZeroDivisionError
    assert not (tmp_path / "outputs").exists()
    assert tmp_path.exists()


def test_what_a_film_left_and_other_films_stay(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "outputs/another").mkdir(parents=True)
    with claimed(plan) as folder:
        (folder / "plan.json").touch()
    assert sorted(os.listdir(folder)) == [".wanflow.json", "plan.json"]
    with claimed(plan):
        (folder / "plan.json").unlink()
    assert os.listdir(tmp_path / "outputs") == ["another"]


def test_a_store_that_cannot_be_written_is_said_before_rendering(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentProblem, match=r"the store cannot be written.*\n.*store\.address=FOLDER"):
        check_space(tmp_path, tmp_path / "file/store", [clip("a")])
    check_space(tmp_path, tmp_path / "file/store", [])


def test_too_little_space_is_said_in_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=1_000_000_000))
    check_space(tmp_path, tmp_path / "store", [clip("a")])
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=1_000_000))
    with pytest.raises(EnvironmentProblem, match=r"needs about 100 MiB in .*, 1 MiB are free\n.*film\.outputs=FOLDER"):
        check_space(tmp_path, None, [clip("a")])


def test_too_small_a_temporary_folder_is_said_where_workers_of_this_machine_use_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(small))
    free = {small: 200_000}
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=free.get(place, 10**12)))
    with pytest.raises(EnvironmentProblem, match=rf"needs about \d+ MiB in {small}, 0 MiB are free\n.*TMPDIR=FOLDER"):
        check_space(tmp_path, tmp_path / "store", [clip("a")])
    check_space(tmp_path, tmp_path / "store", [clip("a")], here=False)
    check_space(tmp_path, tmp_path / "store", [])


def test_a_folder_whose_name_ffmpeg_could_not_be_told_is_refused(plan: Plan, tmp_path: Path) -> None:
    strange = tmp_path / os.fsdecode(b"b\xff")
    settings = replace(plan.settings, film=replace(plan.settings.film, outputs=strange))
    elsewhere = claimed(replace(plan, settings=settings))
    with pytest.raises(EnvironmentProblem, match=r"no UTF-8(.|\n)*film\.outputs=FOLDER"), elsewhere:
        pass
    with pytest.raises(EnvironmentProblem, match=r"no UTF-8(.|\n)*store\.address=FOLDER"):
        check_space(tmp_path, strange, [])
    assert not strange.exists()
