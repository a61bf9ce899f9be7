"""The resolve stage looks at real files, a real store and a real checkpoint folder."""

from __future__ import annotations

import os
import re
import shutil
import struct
import wave
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

import flows
from flows.errors import EnvironmentProblem, Place, SettingsError, StoryboardError
from flows.media import png_bytes, write_clip
from flows.planning import make_plan, past_of
from flows.resolve import look_at_headers, resolve, resolve_all
from flows.resolve.assets import _cache_file
from flows.resolve.memory import recall, remember
from flows.settings import Settings
from flows.store import Store
from flows.storyboard.model import Lora, Music, Scene, Shot, Soundtrack, Storyboard, VideoToVideo, Voiceover

MakeFilm = Callable[..., Storyboard]


@pytest.fixture
def film(tmp_path: Path) -> MakeFilm:
    """`film({"image": path}, {})`: a shot each, numbered, in a file of their own."""

    def make(*shots: dict[str, Any]) -> Storyboard:
        file = tmp_path / "film.yaml"
        file.write_text("the text of the storyboard")
        made = [
            Shot(
                id=f"s{number}",
                scene="a",
                place=Place(str(file), number, 1),
                places={key: Place(str(file), number, 5) for key in values},
                **{"prompt": "a red box", **values},
            )
            for number, values in enumerate(shots, 1)
        ]
        return Storyboard(title="X", slug="x", path=file, scenes=(Scene("a", tuple(made)),))

    return make


def picture(path: Path, shade: int = 0, size: tuple[int, int] = (32, 18)) -> Path:
    path.write_bytes(png_bytes(np.full((size[1], size[0], 3), shade, np.uint8)))
    return path


def test_it_knows_digests_sizes_and_revisions(film: MakeFilm, settings: Settings, store: Store, tmp_path: Path) -> None:
    start, end = picture(tmp_path / "start.png"), picture(tmp_path / "end.png", 9, (64, 36))
    seen = resolve(film({"image": start, "end_image": end}, {}), settings, store)
    assert seen.image_sizes == {start: (32, 18), end: (64, 36)}
    assert len(set(seen.digests.values())) == 2
    assert set(seen.checkpoints) == {"t2v-a14b", "i2v-a14b"}
    assert len(set(seen.checkpoints.values())) == 2
    assert seen.problems == ()
    assert seen.finished(["a" * 64]) == frozenset()


def test_only_checkpoints_that_are_used_are_needed(
    film: MakeFilm, settings: Settings, store: Store, checkpoints: Path
) -> None:
    shutil.rmtree(checkpoints / "i2v-a14b")
    assert set(resolve(film({}), settings, store).checkpoints) == {"t2v-a14b"}
    long = resolve(film({"duration": 60.0}), settings, store)  # its later clips start from a picture
    assert set(long.checkpoints) == {"t2v-a14b"}
    assert ["i2v-a14b" in lack for lack in long.lacks] == [True]


def test_it_sees_whether_flash_attention_is_installed(
    film: MakeFilm, settings: Settings, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not resolve(film({}), settings, store).flash_3
    (tmp_path / "flash_attn_interface.py").write_text("raise AssertionError('looking is not loading')")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert resolve(film({}), settings, store).flash_3


def test_looking_writes_nothing_into_the_store(film: MakeFilm, settings: Settings, store: Store) -> None:
    make_plan(film({}), settings, resolve(film({}), settings, store))
    assert not Path(store.address).exists()


def test_equal_pictures_of_different_names_have_one_digest(
    film: MakeFilm, settings: Settings, store: Store, tmp_path: Path
) -> None:
    one, two = picture(tmp_path / "one.png"), picture(tmp_path / "two.png")
    plan = make_plan(
        film({"image": one}, {"image": two}), settings, resolve(film({"image": one}, {"image": two}), settings, store)
    )
    assert plan.shots[0].takes[0].fingerprint == plan.shots[1].takes[0].fingerprint


def test_a_changed_picture_is_seen_even_if_its_time_is_set_back(
    film: MakeFilm, settings: Settings, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "a.bmp"
    Image.new("RGB", (32, 18), (1, 1, 1)).save(path)
    os.utime(path, ns=(0, 0))
    before = resolve(film({"image": path}), settings, store).digests[path]
    assert resolve(film({"image": path}), settings, store).digests[path] == before
    size = path.stat().st_size
    Image.new("RGB", (32, 18), (2, 2, 2)).save(path)
    os.utime(path, ns=(0, 0))
    assert path.stat().st_size == size
    assert resolve(film({"image": path}), settings, store).digests[path] != before


def test_known_files_are_not_read_again(
    film: MakeFilm, settings: Settings, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = picture(tmp_path / "a.png")
    monkeypatch.setattr("flows.resolve.assets.FRESH_NS", 0)
    before = resolve(film({"image": path}), settings, store)

    def fail(path: Path) -> str:
        raise AssertionError(f"{path} was read")

    monkeypatch.setattr("flows.resolve.assets.file_digest", fail)
    after = resolve(film({"image": path}), settings, store)
    assert (after.digests, after.image_sizes) == (before.digests, before.image_sizes)


@pytest.mark.parametrize("data", [b"", b"[1]", b'{"image:x": 3}', b"\xff"])
def test_a_damaged_cache_costs_time_and_no_more(
    data: bytes, film: MakeFilm, settings: Settings, store: Store, tmp_path: Path
) -> None:
    path = picture(tmp_path / "a.png")
    cache = _cache_file()
    cache.parent.mkdir(parents=True)
    cache.write_bytes(data)
    assert path in resolve(film({"image": path}), settings, store).digests


def test_a_cache_that_cannot_be_written_costs_time_and_no_more(
    film: MakeFilm, settings: Settings, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    path = picture(tmp_path / "a.png")
    os.utime(path, ns=(0, 0))
    monkeypatch.setattr("flows.resolve.assets._cache_file", lambda: tmp_path / "file" / "assets.json")
    assert path in resolve(film({"image": path}), settings, store).digests


def test_broken_assets_are_problems_of_the_plan_with_their_place(
    film: MakeFilm, settings: Settings, store: Store, tmp_path: Path
) -> None:
    whole = picture(tmp_path / "whole.png", size=(320, 180))
    cut = tmp_path / "cut.png"
    noise = np.random.default_rng(0).integers(0, 255, (180, 320, 3), np.uint8)
    Image.fromarray(noise).save(cut)
    cut.write_bytes(cut.read_bytes()[:5000])
    text, gone = tmp_path / "text.png", tmp_path / "gone.png"
    text.write_text("not a picture")
    board = film({"image": whole}, {"image": cut}, {"image": text, "end_image": whole}, {"image": gone}, {"image": cut})
    with pytest.raises(StoryboardError) as caught:
        make_plan(board, settings, resolve(board, settings, store))
    found = [(problem.shot, problem.place and problem.place.line) for problem in caught.value.problems]
    assert found == [("a.s2", 2), ("a.s3", 3), ("a.s4", 4)]
    assert all(problem.fix for problem in caught.value.problems)


def test_an_unknown_family_names_the_nearest(film: MakeFilm, settings: Settings, store: Store) -> None:
    wrong = replace(settings, model=replace(settings.model, family="tinny"))
    with pytest.raises(SettingsError, match="no family is called 'tinny'; did you mean 'tiny'"):
        resolve(film({}), wrong, store)


def test_a_missing_checkpoint_is_the_persons_to_fix(film: MakeFilm, settings: Settings, store: Store) -> None:
    wrong = replace(settings, model=replace(settings.model, root=Path("/nowhere")))
    snapshot = resolve(film({}), wrong, store)
    assert ["/nowhere" in lack for lack in snapshot.lacks] == [True]
    with pytest.raises(EnvironmentProblem, match="/nowhere"):
        make_plan(film({}), wrong, snapshot)


def write_tone(path: Path, seconds: float) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(int(seconds * 16_000) * 2))
    return path


def test_sounds_are_measured_and_broken_ones_named(
    film: MakeFilm, settings: Settings, store: Store, tmp_path: Path
) -> None:
    bed, voice, broken = write_tone(tmp_path / "bed.wav", 2.0), write_tone(tmp_path / "vo.wav", 0.5), tmp_path / "x.wav"
    broken.write_bytes(b"RIFF")
    at = Place("film.yaml", 9, 9)
    sound = Soundtrack(Music(bed), (Voiceover(voice), Voiceover(broken)), places={"voiceover.1.file": at})
    seen = resolve(replace(film({"audio": voice}), soundtrack=sound), settings, store)
    assert seen.media_seconds == {bed: pytest.approx(2.0, abs=0.05), voice: pytest.approx(0.5, abs=0.05)}
    assert [(problem.place, problem.shot) for problem in seen.problems] == [(at, None)]


def test_a_sound_that_was_cut_off_is_remarked_where_it_is_named(
    film: MakeFilm, settings: Settings, store: Store, tmp_path: Path
) -> None:
    whole, cut = write_tone(tmp_path / "bed.wav", 2.0), write_tone(tmp_path / "vo.wav", 5.0)
    cut.write_bytes(cut.read_bytes()[:2000])
    os.utime(cut, ns=(0, 0))
    board = film({"audio": whole}, {"audio": cut})
    for _ in range(2):  # read, and remembered
        (remark,) = resolve(board, settings, store).remarks
        assert remark.message == "vo.wav is cut off: its header says 5.00 s, 0.06 s are there"
        assert (remark.place, remark.shot) == (board.shots[1].where("audio"), "a.s2")
    assert look_at_headers(board).remarks == (remark,)


def test_what_is_no_lora_is_told_what_one_is(film: MakeFilm, tmp_path: Path) -> None:
    file = tmp_path / "grain.safetensors"
    save_file({"blocks.0.weight": np.zeros((2, 2), np.float32)}, file)
    (problem,) = look_at_headers(film({"loras": (Lora("grain", file=file),)})).problems
    assert "holds no LoRA: it has blocks.0.weight" in problem.message
    assert "keys like ….lora_A.weight or ….lora_down.weight" in (problem.fix or "")


def test_a_storyboard_made_by_a_program_needs_no_file(film: MakeFilm, settings: Settings, store: Store) -> None:
    board = film({})
    written = resolve(board, settings, store).storyboard_digest
    board.path.unlink()
    assert len(resolve(board, settings, store).storyboard_digest) == len(written) == 64


def test_what_is_converted_is_remarked_and_counts(
    film: MakeFilm, settings: Settings, store: Store, tmp_path: Path
) -> None:
    plain, other = picture(tmp_path / "plain.png", 90), tmp_path / "own.png"
    data, chunk = plain.read_bytes(), b"gAMA" + struct.pack(">I", 100_000)
    other.write_bytes(data[:33] + struct.pack(">I", 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:])
    board = film({"image": plain}, {"image": other})
    seen = resolve(board, settings, store)
    assert seen.treated == {other: ("gamma",)}
    (remark,) = seen.remarks
    assert "own.png says its own gamma or primaries" in remark.message
    assert (remark.shot, remark.place and remark.place.line) == ("a.s2", 2)
    plan = make_plan(board, settings, seen)
    assert [shot.takes[0].clips[0].spec.treated for shot in plan.shots] == [(), ("gamma 1",)]
    assert any("own.png says its own gamma" in warning for warning in plan.warnings)


def test_a_video_is_remarked_by_check_already(film: MakeFilm, tmp_path: Path) -> None:
    video = tmp_path / "cut.mkv"
    write_clip(np.random.default_rng(1).integers(0, 255, (40, 36, 64, 3), np.uint8), 20, video)
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    (remark,) = look_at_headers(film({"video": VideoToVideo(video, 0.5)})).remarks
    assert "cut.mkv is cut off: its header says 2.00 s" in remark.message


def test_the_last_film_is_recalled(film: MakeFilm, settings: Settings, store: Store) -> None:
    board = film({"duration": 5.0}, {})
    plan = make_plan(board, settings, resolve(board, settings, store))
    remember(store, board, past_of(plan))
    assert resolve(board, settings, store).past == recall(store, board)
    changed = film({"duration": 5.0}, {"prompt": "a blue box"})
    again = make_plan(changed, settings, resolve(changed, settings, store))
    assert [take.why for shot in again.shots for take in shot.takes] == ["no longer in the store", "prompt changed"]


def test_many_films_are_seen_as_each_by_itself(film: MakeFilm, settings: Settings, store: Store) -> None:
    films = [film({"prompt": "a red box"}, {}), film({"prompt": "a blue box"})]
    together = resolve_all(films, settings, store)
    alone = [resolve(each, settings, store) for each in films]
    assert [make_plan(*each) for each in zip(films, [settings] * 2, together, strict=True)] == [
        make_plan(*each) for each in zip(films, [settings] * 2, alone, strict=True)
    ]


def test_who_hears_of_prompts_has_one_name() -> None:
    """`OnPrompt`, in every signature."""
    source = Path(flows.__file__).parent.rglob("*.py")
    spelt = [line for path in source for line in path.read_text().splitlines() if " on_prompt: " in f" {line}"]
    assert len(spelt) > 12
    assert {re.search(r"on_prompt: (\w+)", line)[1] for line in spelt} == {"OnPrompt"}  # type: ignore[index]
