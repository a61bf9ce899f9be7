"""What all variants share: loaders, hand-offs, samplers, LoRAs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from flows.clips import ClipLora, HandOff
from flows.export import export_shot
from flows.export.clips import comfy_high_noise_steps
from flows.planning.model import Take
from tests.flows.export.comfy import ASSETS, check, clip, exported, inputs_of, nodes_of, plan, shot
from wan.request import Guidance, Sampling
from wan.sampling import schedule
from wan.variants import VARIANTS


def test_the_first_expert_reads_the_models_first_file() -> None:
    made = exported(clip("i2v-a14b", image="face"))
    high = nodes_of(made, "KSamplerAdvanced")[0]["inputs"]
    sampling: Any = made.nodes[high["model"][0]]
    loader: Any = made.nodes[sampling["inputs"]["model"][0]]
    assert loader["inputs"]["unet_name"] == "wan2.2_i2v_high_noise_14B_fp16.safetensors"


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


def test_a_shot_between_keyframes_reads_both_from_files() -> None:
    stills = [clip("t2v-a14b", name * 64, num_frames=1, keep=1) for name in "cd"]
    first, last = (HandOff(((still.fingerprint,),), frame=0) for still in stills)
    shots = [
        shot("river.launch", clip("i2v-a14b", "a" * 64, hand_off=first, ends_on=last)),
        shot("river.drift", clip("i2v-a14b", "b" * 64, hand_off=last)),
    ]
    keyed = [
        replace(one, keyframe=Take(1, still.fingerprint, "new", "new shot", (still,), 0))
        for one, still in zip(shots, stills, strict=True)
    ]
    made = export_shot(plan(replace(keyed[0], leads_to="river.drift"), keyed[1]), "river.launch")
    check(made)
    assert inputs_of(made, "WanFirstLastFrameToVideo").keys() >= {"start_image", "end_image"}
    names = [node["inputs"]["image"] for node in nodes_of(made, "LoadImage")]
    assert names == ["river_launch_keyframe.png", "river_drift_keyframe.png"]
    assert dict.fromkeys(names) == made.files
    assert (
        "river_drift_keyframe.png: the river.drift keyframe; `wanflow render --keyframes` writes it as "
        "keyframes/river.drift.png: put it there under this name."
    ) in made.notes
