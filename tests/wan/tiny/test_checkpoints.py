"""The shipped weights, on one prompt each way: the benchmark measures hundreds, this only sees that they are whole."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from wan.convert.released import model_index
from wan.families import FAMILIES
from wan.tiny.measure import Case, measure_i2v, measure_t2v, measure_ti2v
from wan.tiny.measure_faces import made_sound, measure_speech
from wan.tiny.measure_figures import measure_dances
from wan.tiny.measure_vace import measure_vace
from wan.tiny.render import FamilyRenderer
from wan.tiny.world import CHECKPOINTS, Scene
from wan.variants import VARIANTS
from wan.variants.named import named
from wan.weights.checkpoint import Checkpoint

SCENE = Scene("star", "yellow", "snow", "dusk", "rises")
CASE = Case(SCENE, "a yellow paper star rises, over snow at dusk, cut-paper animation", 5)


def test_the_family_stays_small() -> None:
    sizes = [path.stat().st_size for path in CHECKPOINTS.rglob("*") if path.is_file()]
    assert sum(sizes) <= 46e6


@pytest.mark.parametrize(("variant", "boundary"), [("t2v-a14b", 0.875), ("i2v-a14b", 0.9)])
def test_the_checkpoints_open_and_say_their_boundary(variant: str, boundary: float) -> None:
    checkpoint = Checkpoint.open(FAMILIES["tiny"], variant)
    assert json.loads((checkpoint.folder / "model_index.json").read_text())["boundary_ratio"] == boundary
    assert checkpoint.components["vae"] == CHECKPOINTS / "shared" / "vae"


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_index_names_its_classes_where_they_are(variant: str) -> None:
    for index in (json.loads((CHECKPOINTS / variant / "model_index.json").read_text()), model_index(variant)):
        named_in = {name: entry for name, entry in index.items() if isinstance(entry, list) and entry[0]}
        assert all(named(f"{library}:{class_name}") for library, class_name in named_in.values())
        transformer = VARIANTS[variant].components["transformer"]
        assert named_in["transformer"] == [transformer.library, transformer.class_name]


@pytest.mark.parametrize(
    ("variant", "vae", "own"),
    [
        ("ti2v-5b", "vae22", ()),
        ("s2v-14b", "vae", ("audio_encoder",)),
        ("animate-14b", "vae", ("image_encoder",)),
        ("vace-fun-a14b", "vae", ()),
    ],
)
def test_the_other_variants_bring_what_is_their_own(variant: str, vae: str, own: tuple[str, ...]) -> None:
    checkpoint = Checkpoint.open(FAMILIES["tiny"], variant)
    assert checkpoint.components["vae"] == CHECKPOINTS / "shared" / vae
    assert all(checkpoint.components[name].parent == CHECKPOINTS / variant for name in ("transformer", *own))


def test_the_autoencoder_is_the_one_of_wan_with_measured_statistics() -> None:
    config = json.loads((CHECKPOINTS / "shared" / "vae" / "config.json").read_text())
    assert config["z_dim"] == len(config["latents_mean"]) == len(config["latents_std"]) == 16
    assert min(config["latents_std"]) > 0.1
    assert set(config["latents_std"]) != {1.0}


def test_text_to_video_shows_what_the_prompt_says() -> None:
    result = measure_t2v(FamilyRenderer.load("t2v-a14b", device="cpu"), [CASE])
    assert result["mean"] == 100.0


def test_image_to_video_starts_and_ends_at_the_images() -> None:
    result = measure_i2v(FamilyRenderer.load("i2v-a14b", device="cpu"), [CASE], with_last=True)
    assert result["first_frame_db"] > 26
    assert result["last_frame_db"] > 22
    assert result["motion"] == 100.0


def test_one_model_shows_what_text_says_and_goes_on_from_an_image() -> None:
    renderer = FamilyRenderer.load("ti2v-5b", device="cpu")
    assert measure_ti2v(renderer, [CASE], with_image=False)["mean"] == 100.0
    with_image = measure_ti2v(renderer, [CASE], with_image=True)
    assert with_image["first_frame_db"] > 26
    assert with_image["mean"] == 100.0


def test_a_face_speaks_a_sound_it_never_heard() -> None:
    result = measure_speech(FamilyRenderer.load("s2v-14b", device="cpu"), [made_sound(5, 3.8)])
    assert result["lost"] == 0
    assert result["correlation"] >= 0.7
    assert result["offset_largest"] <= 1


def test_a_figure_follows_a_dance_it_never_saw() -> None:
    result = measure_dances(FamilyRenderer.load("animate-14b", device="cpu"), 1)
    assert result["lost"] == 0
    assert result["error_percent"] <= 5


def test_a_video_goes_on_from_known_frames_and_is_made_anew_inside_a_mask() -> None:
    renderer = FamilyRenderer.load("vace-fun-a14b", device="cpu")
    few = replace(renderer, sampling=replace(renderer.sampling, num_inference_steps=6))
    result = measure_vace(few, [CASE], ["extend", "inpaint"])
    assert result["extend_known_db"] > 26
    assert result["inpaint_kept_db"] > 36
    for way in ("extend", "inpaint"):
        assert [result[f"{way}_{what}"] for what in ("shape", "colour", "motion")] == [100.0] * 3


def test_both_experts_of_vace_are_one_network() -> None:
    parts = Checkpoint.open(FAMILIES["tiny"], "vace-fun-a14b").components
    assert parts["transformer"] == parts["transformer_2"]
