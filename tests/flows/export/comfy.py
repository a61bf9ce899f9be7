"""Clips, plans and workflows of a test, and workflows held against the signatures of ComfyUI's nodes.

`comfy_nodes.json`: names and types of inputs and outputs, from ComfyUI's sources, its documentation and published
workflows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flows.config import compose
from flows.export import Workflow, export_shot
from flows.planning.model import Clip, Plan, PlannedShot, Take, Totals
from flows.storyboard.model import Storyboard, Transition
from tests.flows.made import a_clip
from wan.request import Numerics
from wan.variants import VARIANTS

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
