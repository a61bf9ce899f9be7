"""A storyboard of one machine, made to be read on another: everything that it needs goes along."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.errors import StoryboardError, UserError
from flows.store import Store
from flows.store.memory import MemoryBackend
from flows.submission import check_shots, check_storyboard_here, load_sent, pack
from tests.flows.submission.boards import STORYBOARD, board_in

ROOTS = "assets.roots=[{}]"


def test_what_is_unpacked_elsewhere_is_the_same_storyboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    board_in(here)
    monkeypatch.chdir(here)
    overrides = [ROOTS.format(here), "storyboard.shots.drift.seed=5"]
    checked = check_storyboard_here("films/boat.yaml", overrides)
    store = Store(MemoryBackend())
    packed = pack(checked, store)
    assert set(packed.manifest.files) == {
        "films/boat.yaml",
        "films/assets/start.png",
        "pictures/boat.png",
        "looks/paper.yaml",
    }
    monkeypatch.chdir(tmp_path)
    (here / "films" / "boat.yaml").unlink()
    sent = load_sent(store, packed.digest, ["storyboard.shots.drift.seed=5"], tmp_path / "there").storyboard
    assert [shot.prompt for shot in sent.shots] == [shot.prompt for shot in checked.storyboard.shots]
    assert [shot.seed for shot in sent.shots] == [None, 5]
    assert sent.shots[1].image == tmp_path / "there" / "films" / "assets" / "start.png"
    assert sent.identity == packed.manifest.sent_from
    assert sent.identity.endswith(str(here / "films" / "boat.yaml"))


def test_the_same_storyboard_is_the_same_submission_and_a_changed_picture_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = board_in(tmp_path)
    monkeypatch.chdir(tmp_path)
    store = Store(MemoryBackend())
    first, second = (pack(check_storyboard_here(path, [ROOTS.format(tmp_path)]), store) for _ in range(2))
    assert first == second
    picture = path.parent / "assets" / "start.png"
    picture.write_bytes(picture.read_bytes() + b"\0")
    assert pack(check_storyboard_here(path, [ROOTS.format(tmp_path)]), store).digest != first.digest


def test_every_mistake_is_said_at_its_place_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "films" / "assets" / "start.png"
    text = STORYBOARD.replace("assets/start.png", str(picture)).replace("a boat moves", "<ship> moves")
    path = board_in(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoryboardError) as raised:
        check_storyboard_here(path, [ROOTS.format(tmp_path)])
    unknown, whole = raised.value.problems
    assert "ship" in unknown.message
    assert "whole path" in whole.message
    assert whole.fix == "write it as assets/start.png"
    assert whole.place is not None
    assert (whole.place.line, whole.source is not None) == (12, True)


def test_a_shot_that_is_not_there_is_said_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = board_in(tmp_path)
    monkeypatch.chdir(tmp_path)
    storyboard = check_storyboard_here(path, [ROOTS.format(tmp_path)]).storyboard
    check_shots(storyboard, ["drift", "river.launch"])
    with pytest.raises(UserError, match="did you mean drift"):
        check_shots(storyboard, ["drft"])
