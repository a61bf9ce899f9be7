"""Small ONNX models that find a bright rectangle and put a standing figure into it, and a small SAM 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from wan.variants.animate.preprocess.detector import PersonDetector
from wan.variants.animate.preprocess.key import DETECTOR, POSE
from wan.variants.animate.preprocess.keypoints import PoseEstimator
from wan.variants.animate.preprocess.masks import PersonMasks
from wan.variants.animate.preprocess.models import PreprocessModels
from wan.variants.animate.preprocess.onnx_model import OnnxModel

FIGURE = {  # COCO's joints, as shares of the picture the pose model sees
    0: (0.50, 0.16),
    1: (0.53, 0.14),
    2: (0.47, 0.14),
    3: (0.56, 0.15),
    4: (0.44, 0.15),
    5: (0.62, 0.28),
    6: (0.38, 0.28),
    7: (0.70, 0.42),
    8: (0.30, 0.42),
    9: (0.74, 0.55),
    10: (0.26, 0.55),
    11: (0.57, 0.55),
    12: (0.43, 0.55),
    13: (0.58, 0.72),
    14: (0.42, 0.72),
    15: (0.59, 0.88),
    16: (0.41, 0.88),
    17: (0.62, 0.91),
    18: (0.60, 0.91),
    20: (0.38, 0.91),
    21: (0.40, 0.91),
}


def joint_places() -> npt.NDArray[np.float64]:
    """The figure's 133 joints, in pixels of 48 × 64 heat maps."""
    places = np.full((133, 2), np.nan)
    for joint, place in FIGURE.items():
        places[joint] = place
    angles = np.linspace(0, 2 * np.pi, 68, endpoint=False)
    places[23:91] = np.stack([0.5 + 0.06 * np.cos(angles), 0.15 + 0.04 * np.sin(angles)], axis=1)
    for start, wrist in ((91, 9), (112, 10)):
        fan = np.linspace(0, 1, 21)[:, None] * np.array([0.01, 0.05])
        places[start : start + 21] = np.array(FIGURE[wrist]) + fan
    places[[19, 22]] = places[[15, 16]]
    return places * np.array([48, 64])


def heat_maps(places: npt.NDArray[np.float64], height: float = 0.9) -> npt.NDArray[np.float32]:
    rows, columns = np.mgrid[0:64, 0:48]
    away = (columns - places[:, 0, None, None]) ** 2 + (rows - places[:, 1, None, None]) ** 2
    return (height * np.exp(-away / (2 * 2.0**2))).astype(np.float32)


def save_detector(path: Path) -> Path:
    """One box: around what is brighter than half in the picture's first channel, with score 0.9, or 0 for none."""
    from onnx import TensorProto, helper, numpy_helper

    def number(name: str, value: Any, kind: Any = np.float32) -> Any:
        return numpy_helper.from_array(np.array(value, kind), name)

    nodes = [
        helper.make_node("Slice", ["pixels", "zero", "one", "axis1"], ["red"]),
        helper.make_node("Greater", ["red", "half"], ["bright"]),
        helper.make_node("Cast", ["bright"], ["seen"], to=TensorProto.FLOAT),
    ]
    for name, axes, axis in (("x", "rows", 3), ("y", "columns", 2)):
        nodes += [
            helper.make_node("ReduceMax", ["seen", axes], [f"{name}_seen"], keepdims=1),
            helper.make_node("ArgMax", [f"{name}_seen"], [f"{name}_first"], axis=axis, keepdims=0),
            helper.make_node("ArgMax", [f"{name}_seen"], [f"{name}_last"], axis=axis, keepdims=0, select_last_index=1),
        ]
        for end in ("first", "last"):
            nodes.append(helper.make_node("Cast", [f"{name}_{end}"], [f"{name}_{end}_f"], to=TensorProto.FLOAT))
            nodes.append(helper.make_node("Reshape", [f"{name}_{end}_f", "flat"], [f"{name}_{end}_r"]))
        nodes.append(helper.make_node("Add", [f"{name}_last_r", "one_f"], [f"{name}_end"]))
    nodes += [
        helper.make_node("ReduceMax", ["seen"], ["any"], keepdims=0),
        helper.make_node("Mul", ["any", "sure"], ["score"]),
        helper.make_node("Reshape", ["score", "flat"], ["score_r"]),
        helper.make_node("Concat", ["x_first_r", "y_first_r", "x_end", "y_end", "score_r", "person"], ["row"], axis=2),
    ]
    constants = [number("half", 0.5), number("one_f", 1.0), number("sure", 0.9), number("person", [[[0.0]]])]
    constants += [number(name, [value], np.int64) for name, value in (("zero", 0), ("one", 1), ("axis1", 1))]
    constants += [number("rows", [2], np.int64), number("columns", [3], np.int64), number("flat", [1, 1, 1], np.int64)]
    return _save(path, nodes, constants, (640, 640), "row", [1, 1, 6])


def save_pose_model(path: Path, places: npt.NDArray[np.float64] | None = None) -> Path:
    """The same figure in every picture."""
    from onnx import helper, numpy_helper

    maps = heat_maps(joint_places() if places is None else places)[None]
    nodes = [
        helper.make_node("ReduceMean", ["pixels"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
        helper.make_node("Add", ["maps", "zero"], ["found"]),
    ]
    constants = [numpy_helper.from_array(maps, "maps"), numpy_helper.from_array(np.float32(0).reshape(()), "nothing")]
    return _save(path, nodes, constants, (256, 192), "found", list(maps.shape))


def _save(path: Path, nodes: Any, constants: Any, size: tuple[int, int], output: str, shape: list[int]) -> Path:
    import onnx
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, *size])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
        constants,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), str(path))
    return path


def small_sam2() -> Any:
    """A `Sam2VideoModel` with random weights."""
    from transformers import Sam2HieraDetConfig, Sam2VideoConfig, Sam2VideoModel, Sam2VisionConfig
    from transformers.models.sam2_video.configuration_sam2_video import (
        Sam2VideoMaskDecoderConfig,
        Sam2VideoPromptEncoderConfig,
    )

    torch.manual_seed(0)
    side, width = 128, 128
    backbone = Sam2HieraDetConfig(
        hidden_size=8,
        image_size=[side, side],
        blocks_per_stage=[1, 1, 2, 1],
        embed_dim_per_stage=[8, 16, 32, 64],
        num_attention_heads_per_stage=[1, 1, 1, 1],
        window_size_per_stage=[4, 4, 4, 4],
        global_attention_blocks=[3],
    )
    vision = Sam2VisionConfig(
        backbone_config=backbone,
        backbone_channel_list=[64, 32, 16, 8],
        backbone_feature_sizes=[[side // 4] * 2, [side // 8] * 2, [side // 16] * 2],
        fpn_hidden_size=width,
    )
    config = Sam2VideoConfig(
        vision_config=vision,
        prompt_encoder_config=Sam2VideoPromptEncoderConfig(hidden_size=width, image_size=side, mask_input_channels=4),
        mask_decoder_config=Sam2VideoMaskDecoderConfig(
            hidden_size=width, mlp_dim=32, num_attention_heads=2, iou_head_hidden_dim=16
        ),
        image_size=side,
        memory_attention_hidden_size=width,
        memory_attention_num_layers=1,
        memory_attention_feed_forward_hidden_size=32,
        memory_attention_rope_feat_sizes=[side // 16] * 2,
        memory_encoder_hidden_size=width,
        mask_downsampler_embed_dim=width,
        memory_fuser_embed_dim=width,
        memory_fuser_intermediate_dim=32,
        memory_fuser_num_layers=1,
    )
    return Sam2VideoModel(config)


@pytest.fixture(scope="session")
def poses_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both ONNX models, laid out as published."""
    folder = tmp_path_factory.mktemp("poses")
    save_detector(folder / DETECTOR)
    save_pose_model(folder / POSE / "end2end.onnx")
    return folder


@pytest.fixture(scope="session")
def masks_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sam2")
    small_sam2().save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def models(poses_folder: Path) -> PreprocessModels:
    return PreprocessModels(
        PersonDetector(OnnxModel(poses_folder / DETECTOR)),
        PoseEstimator(OnnxModel(poses_folder / POSE)),
        PersonMasks(small_sam2()),
        "digest",
    )


@pytest.fixture(scope="session")
def figure() -> npt.NDArray[np.float64]:
    """The joints of the pose model's figure, as shares of the picture it sees: `[133, 2]`."""
    return joint_places() / np.array([48, 64])


@pytest.fixture(scope="session")
def person_frames() -> Callable[..., npt.NDArray[np.uint8]]:
    """Frames `[F, H, W, 3]` of a bright rectangle (left, top, right, bottom), which moves; None: nobody."""

    def draw(boxes: list[tuple[int, int, int, int] | None], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
        frames = np.full((len(boxes), size[1], size[0], 3), 20, np.uint8)
        for frame, box in zip(frames, boxes, strict=True):
            if box is not None:
                frame[box[1] : box[3], box[0] : box[2]] = (250, 200, 150)
        return frames

    return draw
