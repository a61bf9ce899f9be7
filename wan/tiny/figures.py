"""Paper figures that move: a head, a body, arms and legs of two parts, as they look and as driving videos show them."""

from __future__ import annotations

import hashlib
import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cache

import torch
from torch import Tensor

from wan.tiny import backdrops, paint
from wan.tiny.faces import DARK
from wan.tiny.world import FPS, HEIGHT, LIGHTS, PALETTE, PLACES, WIDTH

JOINTS = (
    "head", "neck", "pelvis", "left shoulder", "left elbow", "left hand", "right shoulder", "right elbow",
    "right hand", "left hip", "left knee", "left foot", "right hip", "right knee", "right foot",
)  # fmt: skip
LIMBS = ((3, 4, 5), (6, 7, 8), (9, 10, 11), (12, 13, 14))
"""Left arm, right arm, left leg, right leg: the joints of each, from the body outwards."""
ARM, LEG = (0.145, 0.135), (0.165, 0.155)
"""Lengths of upper and lower parts, of the picture's height at size 1."""
BODY, NECK, SHOULDER, HIP = 0.25, 0.105, 0.085, 0.05
"""From neck to pelvis, from neck to the head's centre, half the width of shoulders and of hips."""
STANDING = NECK + 0.07 + BODY + sum(LEG)
"""The figure's height from the crown to the soles, standing, at size 1."""
HEAD_RADIUS, LIMB_WIDTH, BODY_WIDTH = 0.07, 0.034, 0.062
"""Of the picture's height at size 1; half-widths."""
BONE_WIDTH = 0.020
"""How a driving video draws limbs."""
BONES: tuple[tuple[int, int, tuple[float, float, float]], ...] = (
    (1, 2, (0.95, 0.95, 0.95)), (1, 0, (0.75, 0.75, 0.75)),
    (3, 4, (1.00, 0.10, 0.10)), (4, 5, (1.00, 0.55, 0.05)), (6, 7, (0.10, 0.75, 0.15)), (7, 8, (0.55, 0.95, 0.15)),
    (9, 10, (0.10, 0.25, 1.00)), (10, 11, (0.10, 0.80, 0.95)), (12, 13, (0.60, 0.10, 0.75)),
    (13, 14, (1.00, 0.35, 0.75)),
)  # fmt: skip
"""Joints and colour of each bone of a driving video."""
FACE_SIZE = 32
"""Pixels of the driving face, square."""
HELD_OUT_ONE_IN = 6


LIMB_COLOURS = ("red", "green", "blue", "purple")
"""Left arm, right arm, left leg, right leg: the same for every figure, so that left and right can be told apart."""
HEADS = ("white", "yellow", "orange")
SALMON = (0.95, 0.56, 0.57)
"""RGB of every figure's body."""


@dataclass(frozen=True, slots=True)
class FigureLook:
    """The colour of a figure's head, and where it is."""

    head: str
    place: str
    light: str

    @property
    def parts(self) -> tuple[tuple[float, float, float], ...]:
        """RGB of head, body, and the limbs in the order of `LIMBS`."""
        return PALETTE[self.head], SALMON, *(PALETTE[colour] for colour in LIMB_COLOURS)


@cache
def all_looks() -> tuple[FigureLook, ...]:
    """Every look, in a fixed order."""
    return tuple(FigureLook(*words) for words in itertools.product(HEADS, PLACES, LIGHTS))


def is_held_out(look: FigureLook) -> bool:
    """Whether training must never see this look: a hash of its words, the same on every machine."""
    return hashlib.sha256(b"figure/" + "/".join(astuple(look)).encode()).digest()[0] % HELD_OUT_ONE_IN == 0


def random_look(rng: random.Random, *, held_out: bool) -> FigureLook:
    """A look of training, or one held out of it."""
    return rng.choice([look for look in all_looks() if is_held_out(look) == held_out])


@dataclass(frozen=True, slots=True)
class Motion:
    """A dance: each angle is a mean and two waves. `waves` holds (mean, amplitude, frequency in Hz, phase, amplitude of
    the second wave, its phase) for lean, the four limbs' upper parts, and the bends of their lower parts."""

    x: float
    y: float
    size: float
    sway: tuple[float, float, float]
    bounce: tuple[float, float, float]
    waves: tuple[tuple[float, ...], ...]


def random_motion(seed: int, *, x: float | None = None) -> Motion:
    """The dance of a seed."""
    rng = random.Random(f"motion {seed}")
    beat = rng.uniform(0.35, 0.9)

    def wave(mean: float, most: float) -> tuple[float, ...]:
        return (
            mean, rng.uniform(0.25, 1.0) * most, beat * rng.choice((0.5, 1.0, 1.0, 2.0)), rng.uniform(0, 2 * math.pi),
            rng.uniform(0, 0.3) * most, rng.uniform(0, 2 * math.pi),
        )  # fmt: skip

    arms = [wave(rng.uniform(0.3, 2.3), 0.7) for _ in range(2)]
    legs = [wave(rng.uniform(0.08, 0.45), 0.35) for _ in range(2)]
    elbows = [wave(rng.uniform(-0.2, 1.2), 0.8) for _ in range(2)]
    knees = [wave(rng.uniform(-0.5, 0.05), 0.4) for _ in range(2)]
    size = rng.uniform(0.92, 1.1)
    return Motion(
        x=rng.uniform(0.6, 1.18) if x is None else x,
        y=1.0 - 0.06 - size * (sum(LEG)) + rng.uniform(-0.03, 0.01),
        size=size,
        sway=(rng.uniform(0, 0.12), beat * rng.choice((0.5, 1.0)), rng.uniform(0, 2 * math.pi)),
        bounce=(rng.uniform(0, 0.025), beat * 2, rng.uniform(0, 2 * math.pi)),
        waves=(wave(0.0, 0.16), *arms, *legs, *elbows, *knees),
    )


def joints_of(motions: Sequence[Motion], frames: Sequence[int] | Tensor, device: str = "cpu") -> Tensor:
    """Where joints are, `[B, F, 15, 2]` (x, y of the picture's height)."""
    time = torch.as_tensor(frames, device=device, dtype=torch.float32) / FPS
    waves = torch.tensor([m.waves for m in motions], device=device)[..., None]
    mean, most, beat, phase, second, other = waves.unbind(2)
    turn = 2 * math.pi * beat * time
    angles = mean + most * (turn + phase).sin() + second * (2 * turn + other).sin()
    size = torch.tensor([m.size for m in motions], device=device)[:, None]
    sway = torch.tensor([(*m.sway, *m.bounce, m.x, m.y) for m in motions], device=device)[..., None]
    x = sway[:, 6] + sway[:, 0] * (2 * math.pi * sway[:, 1] * time + sway[:, 2]).sin()
    y = sway[:, 7] + sway[:, 3] * (2 * math.pi * sway[:, 4] * time + sway[:, 5]).sin()
    return _skeleton(torch.stack([x, y], -1), angles, size)


def _skeleton(pelvis: Tensor, angles: Tensor, size: Tensor) -> Tensor:
    """Joints from the pelvis `[B, F, 2]`, angles `[B, 9, F]` (lean; upper parts from hanging down, outwards; bends)."""

    def step(angle: Tensor, length: float) -> Tensor:
        """That far in a direction; angle 0 hangs down, π/2 points to the picture's right."""
        return torch.stack([angle.sin(), angle.cos()], -1) * (length * size)[..., None]

    lean = angles[:, 0]
    neck = pelvis - step(-lean, BODY)
    head = neck - step(-lean, NECK)
    joints = {0: head, 1: neck, 2: pelvis}
    for number, limb in enumerate(LIMBS):
        side = (-1, 1)[number % 2]
        root, width, lengths = (neck, SHOULDER, ARM) if number < 2 else (pelvis, HIP, LEG)
        start = root + step(torch.full_like(lean, math.pi / 2) - lean, side * width)
        if number < 2:
            start = start + step(-lean, 0.03)
        upper = side * angles[:, 1 + number]
        lower = upper + side * angles[:, 5 + number]
        elbow = start + step(upper, lengths[0])
        joints |= {limb[0]: start, limb[1]: elbow, limb[2]: elbow + step(lower, lengths[1])}
    return torch.stack([joints[i] for i in range(len(JOINTS))], dim=2)


@torch.no_grad()
def draw_figures(
    looks: Sequence[FigureLook], joints: Tensor, sizes: Tensor, phase: Tensor, opening: Tensor, *,
    width: int = WIDTH, height: int = HEIGHT, start: int = 0,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Figures in their places: video `[B, 3, F, H, W]` in −1 to 1 and their cover `[B, 1, F, H, W]`.

    Args:
        joints: `[B, F, 15, 2]`; sizes, phase (of waves and clouds): `[B]`; opening: of mouths, `[B, F]`, 0 to 1.
    """
    device, (batch, frames) = joints.device, joints.shape[:2]
    number = torch.arange(start, start + frames, device=device)
    which = torch.tensor([backdrops.index_of(look.place, look.light) for look in looks], device=device)
    picture = backdrops.stills(width, height, str(device))[which][:, :, None]
    picture = picture + backdrops.living(which, number, phase, width, height)
    flat = picture.transpose(1, 2).flatten(0, 1)
    points = joints.flatten(0, 1)
    size = sizes.repeat_interleave(frames)[:, None, None]
    x, y = paint.coordinates(width, height, device)
    colours = torch.tensor([look.parts for look in looks], device=device)
    colours = colours.repeat_interleave(frames, 0)
    everything = torch.zeros_like(flat[:, 0])

    def lay(distance: Tensor, colour: Tensor) -> None:
        nonlocal flat, everything
        alpha = paint.cover(distance, height)
        flat, everything = paint.over(flat, colour, alpha), torch.maximum(everything, alpha)

    for number_of_limb in (2, 3, 0, 1):
        a, b, c = (points[:, j] for j in LIMBS[number_of_limb])
        upper = paint.line(x, y, a, b, LIMB_WIDTH * size)
        lower = paint.line(x, y, b, c, LIMB_WIDTH * size)
        lay(torch.minimum(upper, lower), colours[:, 2 + number_of_limb])
    lay(paint.line(x, y, points[:, 1], points[:, 2], BODY_WIDTH * size), colours[:, 1])
    radius = (HEAD_RADIUS * size[:, :, 0]).expand(-1, 2)
    lay(paint.ellipse(x, y, points[:, 0], radius), colours[:, 0])
    dark = torch.tensor(DARK, device=device).expand(len(points), 3)
    for side in (-1, 1):
        eye = points[:, 0] + radius * radius.new_tensor([0.38 * side, -0.25])
        lay(paint.ellipse(x, y, eye, 0.17 * radius), dark)
    lips = radius * torch.stack([torch.full_like(opening, 0.45), 0.08 + 0.30 * opening], -1).flatten(0, 1)
    lay(paint.ellipse(x, y, points[:, 0] + radius * radius.new_tensor([0.0, 0.42]), lips), dark)
    video = paint.clips_of(flat, batch)
    return video.clamp(0, 1) * 2 - 1, everything.view(batch, 1, frames, height, width)


@torch.no_grad()
def draw_driving(joints: Tensor, *, width: int = WIDTH, height: int = HEIGHT) -> Tensor:
    """The pose video of joints `[B, F, 15, 2]`: coloured bones on black, `[B, 3, F, H, W]` in −1 to 1."""
    batch, frames = joints.shape[:2]
    points = joints.flatten(0, 1)
    x, y = paint.coordinates(width, height, joints.device)
    picture = torch.zeros(batch * frames, 3, height, width, device=joints.device)
    for start, end, colour in BONES:
        tint = torch.tensor(colour, device=joints.device).expand(len(points), 3)
        bone = paint.cover(paint.line(x, y, points[:, start], points[:, end], BONE_WIDTH), height)
        picture = paint.over(picture, tint, bone)
    return paint.clips_of(picture, batch) * 2 - 1


@torch.no_grad()
def draw_driving_face(opening: Tensor, size: int = FACE_SIZE) -> Tensor:
    """The face video: a grey face whose mouth is `opening` `[B, F]` (0 to 1) open, `[B, 3, F, S, S]` in −1 to 1."""
    batch = len(opening)
    x, y = paint.coordinates(size, size, opening.device)
    flat = opening.flatten()
    grey = torch.full((len(flat), 3), 0.8, device=flat.device)
    dark = torch.tensor(DARK, device=flat.device).expand(len(flat), 3)
    picture = grey[:, :, None, None].expand(-1, -1, size, size)
    for side in (-1, 1):
        eye = torch.tensor([0.5 + side * 0.2, 0.36], device=flat.device).expand(len(flat), 2)
        picture = paint.over(picture, dark, paint.cover(paint.ellipse(x, y, eye, torch.full_like(eye, 0.07)), size))
    mouth = torch.tensor([0.5, 0.7], device=flat.device).expand(len(flat), 2)
    radii = torch.stack([torch.full_like(flat, 0.22), 0.02 + 0.16 * flat], 1)
    picture = paint.over(picture, dark, paint.cover(paint.ellipse(x, y, mouth, radii), size))
    return paint.clips_of(picture, batch) * 2 - 1
