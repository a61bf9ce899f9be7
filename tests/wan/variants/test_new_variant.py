"""A new variant is a folder and a line: a copy of the source gets both, a family offers it, and everything knows it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
BOARD = """
storyboard: 1
title: Toys
scenes:
  - id: shelf
    shots:
      - {id: boat, prompt: a red boat moves right, variant: toy-1b, duration: 2s}
"""

ASKED = """
import json, sys
from dataclasses import replace

from flows import load, plan
from flows.errors import UserError
from flows.export import export_shot
from wan.convert.kinds import KINDS
from wan.families import FAMILIES
from wan.frames.geometry import num_frames_at_least
from wan.hub.catalog import CATALOG
from wan.placement.budget import Job, need
from wan.prompts.instructions import instruction_for, system_message
from wan.request import ClipRequest
from wan.validate import check_request
from wan.variants import VARIANTS
from wan.weights.checkpoint import Checkpoint

toy, found = VARIANTS["toy-1b"], {}
planned = plan(load(sys.argv[1]))
(shot,) = planned.shots
(clip,) = shot.takes[0].clips
found["plan"] = [clip.spec.variant, clip.spec.num_frames, planned.totals.estimated_seconds > 0]
found["length"] = num_frames_at_least(20, toy)
request = ClipRequest(
    prompt="a red boat moves right", width=256, height=144, num_frames=33, seed=3, sampling=replace(
        FAMILIES["tiny"].roles["toy-1b"].sampling, num_inference_steps=1)
)
check_request(request, toy)
found["checkpoint"] = sorted(Checkpoint.open(FAMILIES["tiny"], "toy-1b").components)
clips = (Job(name, 640, 480, 49) for name in ("t2v-a14b", "toy-1b"))
larger, smaller = (need(job, "resident").device for job in clips)
found["smaller"] = larger - smaller
found["told"] = system_message(instruction_for("toy-1b", pictured=False), pictured=False)
found["pulled"] = CATALOG["toy-1b"].huggingface
found["torch"] = "torch" in sys.modules
found["converted"] = [kind.class_name for kind in KINDS if kind.variant == "toy-1b"]
try:
    export_shot(planned, "boat")
except UserError as error:
    found["export"] = str(error)

from wan import load_pipeline

frames = {}
for variant in ("toy-1b", "t2v-a14b"):
    pipeline = load_pipeline(variant, Checkpoint.open(FAMILIES["tiny"], variant), device="cpu")
    frames[variant] = pipeline.decode(pipeline.advance(pipeline.encode(request)))
found["frames"] = frames["toy-1b"].shape
found["mirrored"] = bool((frames["toy-1b"] == frames["t2v-a14b"][:, :, ::-1]).all())
print(json.dumps(found))
"""


def _insert(file: Path, after: str, line: str) -> None:
    """One line, below the one that is `after`."""
    text = file.read_text(encoding="utf-8")
    assert text.count(after) == 1, f"{file} has no such line: {after}"
    file.write_text(text.replace(after, f"{after}{line}"), encoding="utf-8")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What a copy of the source says of the toy, that has its folder, its line, and a family that offers it."""
    tree = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "wan", tree / "wan", ignore=shutil.ignore_patterns("checkpoints", "__pycache__"))
    for name in ("wan/tiny/checkpoints", "flows", "conf"):
        (tree / name).symlink_to(ROOT / name)
    shutil.copytree(Path(__file__).parent / "toy", tree / "wan" / "variants" / "toy")
    _insert(tree / "wan" / "variants" / "__init__.py", '    "vace",\n', '    "toy",\n')
    offered = '        replace(_tiny("toy-1b", 5.0, Guidance(4.0, 3.0)), folder="t2v-a14b"),\n'
    _insert(tree / "wan" / "families.py", '        _tiny("i2v-a14b", 5.0, Guidance(4.0, 3.0)),\n', offered)
    (tree / "toys.yaml").write_text(BOARD, encoding="utf-8")
    homes = {f"XDG_{kind}_HOME": str(tree / kind) for kind in ("DATA", "CACHE", "CONFIG")}
    done = subprocess.run(
        [sys.executable, "-c", ASKED, str(tree / "toys.yaml")],
        cwd=tree,
        env={**os.environ, **homes, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def test_it_is_planned_without_torch(known: Mapping[str, Any]) -> None:
    assert known["plan"] == ["toy-1b", 33, True]
    assert known["torch"] is False


def test_its_lengths_and_its_checkpoint_are_checked(known: Mapping[str, Any]) -> None:
    assert known["length"] == 21
    assert known["checkpoint"] == ["text_encoder", "tokenizer", "transformer", "transformer_2", "vae"]


def test_its_memory_is_counted(known: Mapping[str, Any]) -> None:
    two_experts, bytes_each = 2 * (14.288e9 - 1.0e9), 2
    assert known["smaller"] == pytest.approx(two_experts * bytes_each), "than T2V, by the parameters it says it has"


def test_it_can_be_pulled_and_converted(known: Mapping[str, Any]) -> None:
    assert known["pulled"] == "Toys/Toy-1B-Diffusers"
    assert known["converted"] == ["WanTransformer3DModel"]


def test_prompts_are_rewritten_as_it_says(known: Mapping[str, Any]) -> None:
    assert known["told"].startswith("You write about toys.\n\nLength: 10 to 40 words.")


def test_what_comfyui_has_no_nodes_for_is_refused(known: Mapping[str, Any]) -> None:
    assert known["export"] == "toy-1b cannot be exported: ComfyUI's nodes for it are not known"


def test_it_goes_through_the_loop_by_its_own_method(known: Mapping[str, Any]) -> None:
    assert known["frames"] == [33, 144, 256, 3]
    assert known["mirrored"] is True
