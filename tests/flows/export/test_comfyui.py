"""Workflows held against the signatures of ComfyUI's nodes.

`comfy_nodes.json`: names and types of inputs and outputs, from ComfyUI's sources, its documentation and published
workflows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.api import load
from flows.api import plan as make_plan
from flows.clips import ClipLora, HandOff, Medium
from flows.config import compose
from flows.errors import UserError
from flows.export import Workflow, export_shot
from flows.export.clips import comfy_high_noise_steps
from flows.export.comfyui import find_shot
from flows.planning.model import Clip, Plan, PlannedShot, Take, Totals
from flows.storyboard.model import Storyboard, Transition
from tests.flows.made import a_clip
from wan.request import Guidance, Numerics, Sampling
from wan.sampling import schedule
from wan.variants import VARIANTS

EXAMPLES = Path(__file__).parents[3] / "storyboards"
NODES = json.loads((Path(__file__).parent / "comfy_nodes.json").read_text())
PLAIN: Mapping[str, tuple[type, ...]] = {"STRING": (str,), "INT": (int,), "FLOAT": (int, float)}
ASSETS = {"face": "/in/face.png", "end": "/in/end.png", "voice": "/in/voice.wav", "grain": "/loras/grain.safetensors"}
ASSETS |= {"relight": "/w/animate-14b/relighting_lora/adapter_model.safetensors"}
ASSETS |= {name: f"/in/{name}.mp4" for name in ("pose", "head", "back", "mask", "dance", "depth", "old")}


def clip(variant: str, fingerprint: str = "a", **more: Any) -> Clip:
    known = VARIANTS[variant]
    width, height = known.size
    given: dict[str, Any] = {
        "prompt": "a white boat",
        "negative_prompt": "blurry",
        "width": width,
        "height": height,
        "num_frames": known.num_frames,
        "keep": known.num_frames,
        "fps": known.fps,
        "seed": 11,
        "sampling": known.sampling,
    }
    return a_clip(fingerprint, variant=variant, numerics=Numerics("bf16"), **{**given, **more})


def shot(name: str, *clips: Clip) -> PlannedShot:
    first = clips[0]
    return PlannedShot(
        id=name,
        scene=name.split(".")[0],
        num_frames=sum(each.keep for each in clips),
        fps=first.fps,
        takes=(Take(first.spec.seed, clips[-1].fingerprint, "new", "new shot", clips),),
        depends_on=(),
        transition=Transition(),
        estimated_seconds=1.0,
    )


def plan(*shots: PlannedShot) -> Plan:
    return Plan(
        title="The paper boat",
        slug="the-paper-boat",
        storyboard_digest="d",
        width=1280,
        height=720,
        fps=16,
        shots=shots,
        critical_path=(),
        totals=Totals(len(shots), len(shots), 0, 81, 5.0, 1.0, 1),
        assets=ASSETS,
        warnings=(),
        storyboard=Storyboard(title="t", slug="t", path=Path("t.yaml"), scenes=()),
        settings=compose(["model=wan22"]).settings,
    )


def exported(*clips: Clip) -> Workflow:
    made = export_shot(plan(shot("river.launch", *clips)), "river.launch")
    check(made)
    return made


def check(made: Workflow) -> None:
    """Every node exists, has all it needs and nothing else, and every link carries the right type."""
    nodes: Any = json.loads(json.dumps(made.nodes))
    for number, node in nodes.items():
        known = NODES[node["class_type"]]
        kinds = {**known["required"], **known["optional"]}
        assert known["required"].keys() <= node["inputs"].keys() <= kinds.keys(), node
        for name, value in node["inputs"].items():
            if isinstance(value, list):
                source, output = value
                assert int(source) < int(number), "a node comes after what it reads"
                assert NODES[nodes[source]["class_type"]]["outputs"][output] == kinds[name], (node, name)
            else:
                assert isinstance(value, PLAIN[kinds[name]]), (node, name)
    assert [node["class_type"] for node in nodes.values()].count("SaveVideo") == 1


def nodes_of(made: Workflow, class_type: str) -> list[Any]:
    return [node for node in made.nodes.values() if node["class_type"] == class_type]


def inputs_of(made: Workflow, class_type: str) -> Any:
    (node,) = nodes_of(made, class_type)
    return node["inputs"]


def test_text_to_video_has_two_experts_that_change_at_the_references_step() -> None:
    made = exported(clip("t2v-a14b"))
    high, low = (node["inputs"] for node in nodes_of(made, "KSamplerAdvanced"))
    split = int(schedule(VARIANTS["t2v-a14b"].sampling).high_noise.sum())
    assert split == 26
    assert (high["start_at_step"], high["end_at_step"], high["cfg"], high["add_noise"]) == (0, 26, 4.0, "enable")
    assert (low["start_at_step"], low["cfg"], low["add_noise"]) == (26, 3.0, "disable")
    assert (high["return_with_leftover_noise"], low["return_with_leftover_noise"]) == ("enable", "disable")
    assert high["steps"] == low["steps"] == 40
    assert high["noise_seed"] == low["noise_seed"] == 11
    assert {node["inputs"]["shift"] for node in nodes_of(made, "ModelSamplingSD3")} == {12.0}
    models = [node["inputs"]["unet_name"] for node in nodes_of(made, "UNETLoader")]
    assert ["high" in name for name in models] == [True, False]
    assert inputs_of(made, "EmptyHunyuanLatentVideo") == {"width": 1280, "height": 720, "length": 81, "batch_size": 1}
    assert [node["inputs"]["text"] for node in nodes_of(made, "CLIPTextEncode")] == ["a white boat", "blurry"]
    assert inputs_of(made, "CreateVideo")["fps"] == 16


def test_the_first_expert_reads_the_models_first_file() -> None:
    made = exported(clip("i2v-a14b", image="face"))
    high = nodes_of(made, "KSamplerAdvanced")[0]["inputs"]
    sampling: Any = made.nodes[high["model"][0]]
    loader: Any = made.nodes[sampling["inputs"]["model"][0]]
    assert loader["inputs"]["unet_name"] == "wan2.2_i2v_high_noise_14B_fp16.safetensors"


def test_a_picture_first_and_last() -> None:
    made = exported(clip("i2v-a14b", image="face"))
    assert inputs_of(made, "WanImageToVideo")["start_image"]
    both = exported(clip("i2v-a14b", image="face", last_image="end"))
    assert {"start_image", "end_image"} < inputs_of(both, "WanFirstLastFrameToVideo").keys()
    assert both.files == {"face.png": Path("/in/face.png"), "end.png": Path("/in/end.png")}


def test_later_clips_start_from_the_last_frame_of_the_one_before() -> None:
    second = clip("i2v-a14b", "b", hand_off=HandOff((("a",),)), skip_first=1, keep=60, seed=12)
    made = exported(clip("t2v-a14b"), second)
    cuts = [node["inputs"] for node in nodes_of(made, "ImageFromBatch")]
    assert [(cut["batch_index"], cut["length"]) for cut in cuts] == [(80, 1), (1, 60)]
    assert len(nodes_of(made, "ImageBatch")) == 1
    assert len(nodes_of(made, "CLIPLoader")) == 1


def test_a_hand_off_from_another_shot_is_a_file_to_be_made() -> None:
    before = shot("river.launch", clip("t2v-a14b"))
    after = shot("river.drift", clip("i2v-a14b", "b", hand_off=HandOff((("a",),)), skip_first=1, keep=80))
    made = export_shot(plan(before, after), "drift")
    check(made)
    assert made.files == {"river_launch_last_frame.png": None}
    assert any("goes on from river.launch" in note for note in made.notes)


def test_text_and_image_in_one_model() -> None:
    made = exported(clip("ti2v-5b", image="face"))
    assert inputs_of(made, "VAELoader")["vae_name"] == "wan2.2_vae.safetensors"
    assert inputs_of(made, "Wan22ImageToVideoLatent")["length"] == 121
    sampler = inputs_of(made, "KSamplerAdvanced")
    assert (sampler["steps"], sampler["cfg"], sampler["start_at_step"]) == (50, 5.0, 0)


def test_speech_after_another_shot_needs_that_shots_frames() -> None:
    voice, after = (Medium("audio", "voice"),), HandOff((("elsewhere",),), what="frames")
    made = exported(clip("s2v-14b", media=voice, num_frames=80, hand_off=after))
    given = inputs_of(made, "WanSoundImageToVideo")
    assert given["ref_motion"] == given["ref_image"]  # who speaks is the frame that is handed on
    assert made.files == {"voice.wav": Path("/in/voice.wav"), "the shot before_last_frame.png": None}
    assert any("takes up to 73 last frames" in note for note in made.notes)


@pytest.mark.parametrize(("variant", "medium"), [("t2v-a14b", "video"), ("vace-fun-a14b", "control")])
def test_along_a_video_it_is_said_that_clips_begin_with_frames_of_the_one_before(variant: str, medium: str) -> None:
    given: dict[str, Any] = {"media": (Medium(medium, "old"),), "strength": 0.5 if medium == "video" else None}
    first = clip(variant, **given)
    later = clip(
        variant, "b", **given, start_frame=76, skip_first=5, keep=76, hand_off=HandOff((("a",),), what="frames")
    )
    assert any("5 frames of the" in note or "last 5 frames" in note for note in exported(first, later).notes)
    assert not any("5 frames" in note for note in exported(first).notes)


def test_speech_goes_on_over_several_clips_and_is_decoded_once_at_the_end() -> None:
    voice = (Medium("audio", "voice"),)
    first = clip("s2v-14b", image="face", media=voice)
    following = clip(
        "s2v-14b", "b", image="face", media=voice, num_frames=80, keep=70, start_frame=77,
        hand_off=HandOff((("a",),), what="carried"),
    )  # fmt: skip
    made = exported(first, following)
    assert inputs_of(made, "WanSoundImageToVideoExtend")["length"] == 80
    assert inputs_of(made, "ImageFromBatch")["length"] == 147
    assert len(nodes_of(made, "AudioEncoderEncode")) == 1
    assert "audio" in inputs_of(made, "CreateVideo")
    assert any("187.5" in note for note in made.notes)


def test_animate_with_ready_made_videos() -> None:
    media = (Medium("pose", "pose"), Medium("face", "head"), Medium("background", "back"), Medium("mask", "mask"))
    first = clip("animate-14b", image="face", media=media)
    second = clip(
        "animate-14b", "b", image="face", media=media, hand_off=HandOff((("a",),), what="carried"), skip_first=1,
        keep=76, start_frame=76,
    )  # fmt: skip
    made = exported(first, second)
    one, two = (node["inputs"] for node in nodes_of(made, "WanAnimateToVideo"))
    assert "continue_motion" not in one
    assert one["video_frame_offset"] == 0
    assert {"continue_motion", "character_mask", "background_video"} < two.keys()
    assert two["video_frame_offset"][1] == 5
    assert inputs_of(made, "LoraLoaderModelOnly")["lora_name"].startswith("WanAnimate_relight")


def test_animate_from_a_plain_video_says_what_has_to_be_made_of_it() -> None:
    made = exported(clip("animate-14b", image="face", media=(Medium("motion", "dance", "animate"),)))
    assert made.files["river_launch_pose.mp4"] is None
    assert made.files["dance.mp4"] == Path("/in/dance.mp4")
    assert not nodes_of(made, "LoraLoaderModelOnly")


def test_a_face_of_ones_own_is_not_made_from_the_driving_video() -> None:
    media = (Medium("motion", "dance", "replace"), Medium("prepared", "key"), Medium("face", "head"))
    made = exported(clip("animate-14b", image="face", media=media, loras=(ClipLora("relight"),)))
    assert {name for name, path in made.files.items() if path is None} == {
        f"river_launch_{name}.mp4" for name in ("background", "mask", "pose")
    }
    assert "head.mp4" in made.files
    assert len(nodes_of(made, "LoraLoaderModelOnly")) == 1


def test_control_with_mask_and_references() -> None:
    media = (Medium("control", "depth"), Medium("mask", "mask"), Medium("references", "face"))
    made = exported(clip("vace-fun-a14b", media=media, control_scale=0.7))
    assert inputs_of(made, "WanVaceToVideo")["strength"] == 0.7
    assert {"control_video", "control_masks", "reference_image"} < inputs_of(made, "WanVaceToVideo").keys()
    assert len(nodes_of(made, "KSamplerAdvanced")) == 2
    assert inputs_of(made, "TrimVideoLatent")["trim_amount"][1] == 3


@pytest.mark.parametrize(("strength", "starts"), [(0.75, [10, 26]), (0.25, [30])])
def test_video_to_video_begins_at_the_step_its_strength_says(strength: float, starts: list[int]) -> None:
    made = exported(clip("t2v-a14b", media=(Medium("video", "old"),), strength=strength))
    samplers = [node["inputs"] for node in nodes_of(made, "KSamplerAdvanced")]
    assert [sampler["start_at_step"] for sampler in samplers] == starts
    assert samplers[0]["add_noise"] == "enable"


def test_loras_lie_on_the_expert_they_are_for() -> None:
    made = exported(clip("t2v-a14b", loras=(ClipLora("grain", 0.6, "low"),)))
    lora = inputs_of(made, "LoraLoaderModelOnly")
    assert (lora["lora_name"], lora["strength_model"]) == ("grain.safetensors", 0.6)
    loader: Any = made.nodes[lora["model"][0]]
    assert "low" in loader["inputs"]["unet_name"]


def test_a_lora_keeps_its_folders_below_that_of_loras() -> None:
    made_plan = plan(shot("river.launch", clip("t2v-a14b", loras=(ClipLora("deep", 0.6, "low"),))))
    settings = replace(made_plan.settings, model=replace(made_plan.settings.model, loras=Path("/loras")))
    assets = {**ASSETS, "deep": "/loras/looks/soft light/fur v1.2.safetensors"}
    made = export_shot(replace(made_plan, settings=settings, assets=assets), "river.launch")
    assert inputs_of(made, "LoraLoaderModelOnly")["lora_name"] == "looks/soft light/fur v1.2.safetensors"
    assert any("looks/soft light/fur v1.2.safetensors belongs into" in note for note in made.notes)


def test_a_schedule_of_one_expert_needs_one_sampler() -> None:
    sampling = Sampling(4, 5.0, Guidance(1.0, 1.0), "euler", 0.0)
    made = exported(clip("t2v-a14b", sampling=sampling))
    sampler = inputs_of(made, "KSamplerAdvanced")
    assert (sampler["sampler_name"], sampler["return_with_leftover_noise"]) == ("euler", "disable")


def test_files_of_one_name_from_two_places_do_not_collide() -> None:
    made_plan = plan(shot("river.launch", clip("i2v-a14b", image="face", last_image="twin")))
    made = export_shot(replace(made_plan, assets={**ASSETS, "twin": "/other/face.png"}), "river.launch")
    assert set(made.files.values()) == {Path("/in/face.png"), Path("/other/face.png")}


def test_comfyui_passes_the_boundary_where_the_reference_does_or_a_step_later() -> None:
    for name in ("t2v-a14b", "i2v-a14b"):
        sampling = VARIANTS[name].sampling
        ours = int(schedule(sampling).high_noise.sum())
        theirs = comfy_high_noise_steps(sampling.num_inference_steps, sampling.flow_shift, sampling.boundary_ratio or 0)
        assert theirs - ours in (0, 1)


def test_what_does_not_exist_is_the_persons_mistake() -> None:
    made = plan(shot("river.launch", clip("t2v-a14b")), shot("lake.launch", clip("t2v-a14b")))
    with pytest.raises(UserError, match=r"there is no shot drift; there are river\.launch, lake\.launch"):
        find_shot(made, "drift")
    with pytest.raises(UserError, match="several shots are called launch"):
        find_shot(made, "launch")
    with pytest.raises(UserError, match="has no take 3; it has 1"):
        export_shot(made, "lake.launch", 3)


def test_notes_travel_with_the_workflow() -> None:
    made = exported(clip("t2v-a14b"))
    (saved,) = nodes_of(made, "SaveVideo")
    assert saved["_meta"]["notes"] == list(made.notes)
    assert any("another picture" in note for note in made.notes)


@pytest.mark.parametrize(
    ("storyboard", "overrides"),
    [
        ("paper_boat", []),
        ("one_day", []),
        ("one_model", ["model=wan22-5b", "storyboard.format.size=1280x704"]),
        ("dancing", ["model=wan22"]),
        ("controlled", ["model=wan22"]),
        ("speaking", ["model=wan22", "storyboard.format.size=1024x704"]),
    ],
)
def test_every_shot_of_the_examples_can_be_exported(
    storyboard: str, overrides: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    planned = make_plan(load(EXAMPLES / f"{storyboard}.yaml", overrides), weights=False)
    for each in planned.shots:
        check(export_shot(planned, each.id))
