from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Wanflow = Callable[..., subprocess.CompletedProcess[str]]


def test_a_shot_is_written_without_any_checkpoint_here(said: Wanflow, tmp_path: Path) -> None:
    done = said("export", "comfyui", "river.launch", "paper_boat", "model=wan22", "-o", "shot.json")
    assert done.returncode == 0, done.stderr
    assert "The plan is for the family" not in done.stdout
    assert "shot.json" in done.stdout
    nodes = json.loads((tmp_path / "here/shot.json").read_text())
    assert "KSamplerAdvanced" in {node["class_type"] for node in nodes.values()}


def test_a_plan_for_another_family_says_how_to_make_one_for_comfyui(said: Wanflow) -> None:
    done = said("export", "comfyui", "river.launch", "paper_boat", "-o", "shot.json")
    assert done.returncode == 0, done.stderr
    assert "The plan is for the family tiny; ComfyUI runs the full-size WAN 2.2: add model=wan22" in done.stdout


def test_loras_of_the_family_are_named_though_they_are_not_here(said: Wanflow, tmp_path: Path) -> None:
    longer = "storyboard.shots.launch.duration=10s"
    done = said("export", "comfyui", "river.launch", "paper_boat", "model=wan22-lightning", "-o", "shot.json", longer)
    assert done.returncode == 0, done.stderr
    nodes = json.loads((tmp_path / "here/shot.json").read_text()).values()
    names = [node["inputs"]["lora_name"] for node in nodes if node["class_type"] == "LoraLoaderModelOnly"]
    noises = ("high", "low")
    assert names == [f"lightning-{kind}_{noise}_noise_model.safetensors" for kind in ("t2v", "i2v") for noise in noises]
    assert "(it is lightning-t2v/high_noise_model.safetensors)" in done.stdout


def test_a_shot_that_is_not_there_is_the_persons_mistake(said: Wanflow) -> None:
    done = said("export", "comfyui", "nowhere", "paper_boat")
    assert done.returncode == 2
    assert "there is no shot nowhere; there are river.launch" in done.stderr


def test_a_place_that_cannot_be_written_is_said(said: Wanflow) -> None:
    done = said("export", "comfyui", "river.launch", "paper_boat", "-o", "no/such/folder.json")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
