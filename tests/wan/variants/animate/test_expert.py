from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from wan.precision import cast_model
from wan.request import Numerics
from wan.variants.animate.expert import AnimateContext, AnimateExpert

pytestmark = pytest.mark.parity


@pytest.fixture(scope="module")
def motions(parity: Any, reference_expert: AnimateExpert) -> tuple[Tensor, Tensor]:
    """Of the faces, and of as many blank pictures."""
    data = parity["animate_model"]
    faces = data.tensors["in.face_u8_lowres"].permute(0, 3, 1, 2).float() / 127.5 - 1
    faces = faces.repeat_interleave(data.config["face_upscale"], 2).repeat_interleave(data.config["face_upscale"], 3)
    with torch.inference_mode():
        blank = reference_expert.motions(torch.full_like(faces[:1], -1.0)).expand(-1, len(faces), -1)
        return reference_expert.motions(faces), blank


def _context(expert: AnimateExpert, data: Any, motions: Sequence[Tensor]) -> AnimateContext:
    tensors = data.tensors
    texts = [tensors["in.context"][None]] * len(motions)
    return expert.clip_context(
        texts, tensors["in.x"][None], features=tensors["in.clip_fea"], pose=tensors["in.pose_latents"], motions=motions
    )


def _inputs(data: Any) -> Tensor:
    return torch.cat([data.tensors["in.x"], data.tensors["in.y"]])[None]


def test_a_face_becomes_the_references_motion_and_tokens(parity: Any, reference_expert: Any, motions: Any) -> None:
    data = parity["animate_model"]
    assert data.error("out.motion_vec", motions[0][0]) < 1e-5
    # the coefficients are what the vectors are made of: along the basis that the reference multiplies them with
    directions = reference_expert.model.motion_encoder.motion_synthesis_weight
    basis = torch.linalg.qr(directions + 1e-8)[0]
    assert data.error("out.motion_coeff", motions[0][0] @ basis) < 1e-5
    context = _context(reference_expert, data, motions[:1])
    assert not context.faces[0][:, 0].any()
    assert data.error("out.face_tokens", context.faces[0][:, 1:]) < 1e-5
    assert data.error("out.image_tokens", context.texts[0][:, :257]) < 1e-4


def test_velocities_are_the_references(parity: Any, reference_expert: Any, motions: Any) -> None:
    data = parity["animate_model"]
    for timestep in data.config["timesteps"]:
        context = _context(reference_expert, data, motions[:1])
        (velocity,) = reference_expert.velocities(_inputs(data), timestep, context)
        assert data.error(f"out.t{timestep}", velocity[0]) < 5e-5


def test_the_negative_prompt_goes_without_a_face(parity: Any, reference_expert: Any, motions: Any) -> None:
    data = parity["animate_model"]
    for timestep in map(int, parity.matches("animate_model", r"out\.uncond_face\.t(\d+)")):
        found = reference_expert.velocities(_inputs(data), timestep, _context(reference_expert, data, motions))
        assert data.error(f"out.t{timestep}", found[0][0]) < 5e-5
        assert data.error(f"out.uncond_face.t{timestep}", found[1][0]) < 5e-5


def test_the_reference_precision_is_nearer_to_fp32_than_plain_bf16(
    parity: Any, reference_expert: Any, motions: Any
) -> None:
    data = parity["animate_model"]
    (exact,) = reference_expert.velocities(_inputs(data), 400, _context(reference_expert, data, motions[:1]))
    errors = {}
    for precision in ("reference", "bf16"):
        model = cast_model(copy.deepcopy(reference_expert.model), precision)
        expert = AnimateExpert(model, Numerics(precision))
        (found,) = expert.velocities(_inputs(data), 400, _context(expert, data, motions[:1]))
        errors[precision] = float((found - exact).norm() / exact.norm())
    assert errors["reference"] < errors["bf16"] < 0.05
