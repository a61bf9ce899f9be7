"""A motion fitted to another body: every limb keeps its direction and takes the other person's length.

After the bone-ratio retargeting of the reference's preprocessing (Wan-Video/Wan2.2, commit 42bf4cf), with its rules for
pairs of limbs, feet, hands and where the person stands. Both people should be seen from the front and stretched out,
the mover in the first frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from wan.errors import RequestError
from wan.request import Size
from wan.variants.animate.preprocess.skeleton import (
    LEFT_ANKLE,
    LEFT_HIP,
    LEFT_TOE,
    LEFT_WRIST,
    LIMBS,
    NECK,
    NOSE,
    RIGHT_ANKLE,
    RIGHT_HIP,
    RIGHT_TOE,
    RIGHT_WRIST,
    Points,
    Skeleton,
)

Ratios = npt.NDArray[np.float64]
"""One a limb, in the order of `LIMBS`."""

_LEAST_SCORE, _SURE = 0.4, 0.5
_SMALLEST, _LARGEST = 0.25, 4.0  # beyond these a point was misread
_LONGEST_FOOT = 0.5  # of the calf
_LARGER_OF = ((0, 1), (2, 4), (3, 5), (6, 9), (7, 10), (8, 11), (17, 18))
_MEAN_OF = ((13, 15), (14, 16))
_FEET: Mapping[int, int] = {17: 11, 18: 8}
"""Limb of a foot → of its calf."""


def retarget(motion: Sequence[Skeleton], size: Size, person: Skeleton, canvas: Size) -> list[Skeleton]:
    """The motion (in frames of `size`) as `person`, who stands on a canvas of that size, would make it.

    Raises `RequestError` when shoulders cannot be made out in the picture or the first frame.
    """
    first = motion[0]
    for who, skeleton in (("the picture", person), ("the first frame of the video", first)):
        if not _is_seen(skeleton.body, NECK):
            raise RequestError(f"motion.retarget: no shoulders are to be seen in {who}; leave retarget out")
    scale = _height(first.body, person.body, size, canvas)
    other = person.moved(scale, (0.0, 0.0))  # of the mover's height
    ratios = limb_ratios(first.body, other.body)
    shift = _place(other.body, first.body) - _place(_stretched(first.body, ratios), first.body, other.body)
    hand = max(ratios[0], ratios[1])
    return [_fitted(skeleton, ratios, shift, scale, hand) for skeleton in motion]


def limb_ratios(body: Points, other: Points) -> Ratios:
    """The other body's limbs by this one's; where one cannot be measured, as much as the shoulders differ."""
    ratios = np.full(len(LIMBS), np.nan)
    for number, limb in enumerate(LIMBS):
        own, wanted = _length(body, limb), _length(other, limb)
        if own and wanted is not None:
            ratios[number] = np.clip(wanted / own, _SMALLEST, _LARGEST)
    shoulders = ratios[:2][~np.isnan(ratios[:2])]
    ratios[np.isnan(ratios)] = shoulders.mean() if len(shoulders) else 1.0
    for one, two in _LARGER_OF:
        ratios[[one, two]] = ratios[[one, two]].max()
    for one, two in _MEAN_OF:
        ratios[[one, two]] = ratios[[one, two]].mean()
    return ratios


def _fitted(skeleton: Skeleton, ratios: Ratios, shift: Points, scale: float, hand: float) -> Skeleton:
    body = _stretched(skeleton.body, ratios)
    body[:, :2] = (body[:, :2] + shift) / scale
    hands = [
        _held(points, body[wrist], hand / scale)
        for points, wrist in ((skeleton.left_hand, LEFT_WRIST), (skeleton.right_hand, RIGHT_WRIST))
    ]
    return Skeleton(body, hands[0], hands[1], skeleton.face)


def _stretched(body: Points, ratios: Ratios) -> Points:
    """Every limb times its ratio, from the neck outwards."""
    stretched = body.copy()
    lengths = [float(np.hypot(*(body[end, :2] - body[start, :2]))) * ratio for (start, end), ratio in _limbs(ratios)]
    for number, ((start, end), ratio) in enumerate(_limbs(ratios)):
        limb = (body[end, :2] - body[start, :2]) * ratio
        if number in _FEET and lengths[number] > _LONGEST_FOOT * lengths[_FEET[number]]:
            limb = limb * (_LONGEST_FOOT * lengths[_FEET[number]] / lengths[number])
        stretched[end, :2] = stretched[start, :2] + limb
    return stretched


def _limbs(ratios: Ratios) -> list[tuple[tuple[int, int], float]]:
    return list(zip(LIMBS, ratios.tolist(), strict=True))


def _held(hand: Points, wrist: Points, scale: float) -> Points:
    """A hand at another wrist and of another size; its first point is where it is held."""
    held = hand.copy()
    held[:, :2] = (hand[:, :2] - hand[0, :2]) * scale + wrist[:2]
    return held


def _height(body: Points, other: Points, size: Size, canvas: Size) -> float:
    """How many times as tall the mover is, from the nose to the ankles or hips; else how much larger the picture."""
    for low in ((RIGHT_ANKLE, LEFT_ANKLE), (RIGHT_HIP, LEFT_HIP)):
        if all(_is_seen(each, joint, _SURE) for each in (body, other) for joint in (NOSE, *low)):
            own, theirs = (abs(float(each[list(low), 1].mean() - each[NOSE, 1])) for each in (body, other))
            if own > 0 and theirs > 0:
                return own / theirs
    return float(np.sqrt(size[0] * size[1] / (canvas[0] * canvas[1])))


def _place(body: Points, *seen_in: Points) -> Points:
    """Where a person stands: between the hips on the lower foot, if all bodies are seen to the feet; else the neck."""
    joints = (RIGHT_HIP, LEFT_HIP, RIGHT_ANKLE, LEFT_ANKLE)
    if not all(_is_seen(each, joint) for each in (body, *seen_in) for joint in joints):
        neck: Points = body[NECK, :2]
        return neck
    ground = max(
        float(body[[ankle, toe], 1].mean()) for ankle, toe in ((RIGHT_ANKLE, RIGHT_TOE), (LEFT_ANKLE, LEFT_TOE))
    )
    return np.array([body[[RIGHT_HIP, LEFT_HIP], 0].mean(), ground], np.float32)


def _length(body: Points, limb: tuple[int, int]) -> float | None:
    if not all(_is_seen(body, joint) for joint in limb):
        return None
    return float(np.hypot(*(body[limb[1], :2] - body[limb[0], :2])))


def _is_seen(body: Points, joint: int, least: float = _LEAST_SCORE) -> bool:
    return bool(body[joint, 2] >= least)
