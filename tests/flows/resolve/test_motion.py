"""Whether the models that read a motion are here."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from flows.errors import Place
from flows.resolve.motion import MASKS, POSES, look_at_motions
from flows.storyboard.model import Motion, Scene, Shot, Storyboard
from wan.families import FAMILIES, Family, Role
from wan.variants.animate.preprocess.key import DETECTOR, POSE
from wan.variants.animate.relighting import FOLDER, MODEL
from wan.weights.places import MANIFEST

FAMILY = replace(FAMILIES["wan22"], root=None)


def _film(*motions: Motion) -> Storyboard:
    place = Place("x.yaml", 1, 1)
    shots = [
        Shot(id=f"s{n}", scene="a", prompt="x", image=Path("p.png"), motion=one, place=place, places={})
        for n, one in enumerate(motions)
    ]
    return Storyboard(title="X", slug="x", path=Path("x.yaml"), scenes=(Scene("a", tuple(shots)),))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WANFLOW_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "models"


def _pull(home: Path, name: str, *files: str) -> None:
    for file in (*files, MANIFEST):
        (home / name / file).parent.mkdir(parents=True, exist_ok=True)
        (home / name / file).write_text(file)


def test_a_film_without_a_driving_video_needs_no_models() -> None:
    ready = Motion(pose=Path("a.mp4"), face=Path("b.mp4"))
    assert look_at_motions(_film(ready), FAMILY, None).models == {}
    assert look_at_motions(_film(), FAMILY, None).models == {}


def test_missing_models_are_named_with_the_way_to_get_them(home: Path) -> None:
    (lack,) = look_at_motions(_film(Motion(Path("a.mp4"))), FAMILY, None).lacks
    assert f"wanflow models pull {POSES}; or give ready-made videos" in lack
    both = look_at_motions(_film(Motion(Path("a.mp4"), "replace")), FAMILY, None).lacks
    assert [f"models pull {name};" in lack for name, lack in zip((POSES, MASKS), both, strict=True)] == [True, True]
    _pull(home, POSES)
    (lack,) = look_at_motions(_film(Motion(Path("a.mp4"))), FAMILY, None).lacks
    assert "yolov10m.onnx is missing" in lack
    assert f"pull {POSES}" in lack
    _pull(home, POSES, DETECTOR, POSE)
    _pull(home, MASKS, "config.json")
    (lack,) = look_at_motions(_film(Motion(Path("a.mp4"), "replace")), FAMILY, None).lacks
    assert "model.safetensors is missing" in lack
    assert f"pull {MASKS}" in lack


def test_models_may_lie_in_the_root_of_the_weights(tmp_path: Path) -> None:
    _pull(tmp_path / "weights", POSES, DETECTOR, POSE)
    assert list(look_at_motions(_film(Motion(Path("a.mp4"))), FAMILY, tmp_path / "weights").models) == ["animate"]


def test_models_are_told_apart_by_their_digest(home: Path) -> None:
    _pull(home, POSES, DETECTOR, POSE)
    first = look_at_motions(_film(Motion(Path("a.mp4"))), FAMILY, None).models
    assert list(first) == ["animate"]
    (home / POSES / POSE).write_text("another")
    assert look_at_motions(_film(Motion(Path("a.mp4"))), FAMILY, None).models != first


def test_replacing_a_person_needs_sam_and_uses_the_checkpoints_relighting(home: Path, tmp_path: Path) -> None:
    _pull(home, POSES, DETECTOR, POSE)
    film = _film(Motion(Path("a.mp4"), "replace"))
    family = _family(tmp_path / "checkpoints")
    assert f"pull {MASKS}" in look_at_motions(film, family, None).lacks[0]
    _pull(home, MASKS, "config.json", "model.safetensors")
    facts = look_at_motions(film, family, None)
    assert list(facts.models) == ["replace"]
    assert facts.relighting is None
    light = tmp_path / "checkpoints" / "animate" / "relighting_lora" / "adapter_model.safetensors"
    light.parent.mkdir()
    light.write_bytes(b"x")
    assert look_at_motions(film, family, None).relighting == light
    assert look_at_motions(_film(Motion(Path("a.mp4"))), family, None).relighting is None


def test_the_released_lora_is_for_the_released_checkpoint(home: Path, tmp_path: Path) -> None:
    ready = _film(Motion(mode="replace", pose=Path("a.mp4"), face=Path("b.mp4")))
    _pull(home, MODEL, f"{FOLDER}/adapter_model.safetensors")
    made_anew = _family(tmp_path / "checkpoints")
    assert look_at_motions(ready, made_anew, None).relighting is None
    released = replace(made_anew, root=None)
    found = look_at_motions(ready, released, tmp_path / "checkpoints").relighting
    assert found == home / MODEL / FOLDER / "adapter_model.safetensors"


def _family(root: Path) -> Family:
    """With an Animate checkpoint that can be looked at, though not loaded."""
    from wan.variants import VARIANTS

    for name, kind in VARIANTS["animate-14b"].components.items():
        folder = root / "animate" / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps({"_class_name": kind.class_name, **kind.config}))
        (folder / "tokenizer.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(b"\2\0\0\0\0\0\0\0{}")
    (root / "animate" / "model_index.json").write_text("{}")
    return Family(name="f", root=root, roles={"animate-14b": Role(variant="animate-14b", folder="animate")})
