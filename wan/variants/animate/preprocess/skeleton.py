"""A person's joints in pixels: the 133 points of COCO whole-body, and the 20 + 2 × 21 that Animate is shown.

Points are `[n, 3]`: x, y, score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Points: TypeAlias = npt.NDArray[np.float32]

WHOLE_BODY = 133
NOSE, NECK, RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST, LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST = range(8)
RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE, LEFT_HIP, LEFT_KNEE, LEFT_ANKLE, RIGHT_EYE, LEFT_EYE = range(8, 16)
RIGHT_EAR, LEFT_EAR, LEFT_TOE, RIGHT_TOE = range(16, 20)

# Each body point is the middle of two points of COCO's (the neck: of the shoulders; a toe: of the big and small one).
_BODY_A = (0, 6, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3, 17, 20)
_BODY_B = (0, 5, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3, 18, 21)
_FACE, _LEFT_HAND, _RIGHT_HAND = slice(23, 91), slice(91, 112), slice(112, 133)

LIMBS: tuple[tuple[int, int], ...] = (
    (NECK, RIGHT_SHOULDER),
    (NECK, LEFT_SHOULDER),
    (RIGHT_SHOULDER, RIGHT_ELBOW),
    (RIGHT_ELBOW, RIGHT_WRIST),
    (LEFT_SHOULDER, LEFT_ELBOW),
    (LEFT_ELBOW, LEFT_WRIST),
    (NECK, RIGHT_HIP),
    (RIGHT_HIP, RIGHT_KNEE),
    (RIGHT_KNEE, RIGHT_ANKLE),
    (NECK, LEFT_HIP),
    (LEFT_HIP, LEFT_KNEE),
    (LEFT_KNEE, LEFT_ANKLE),
    (NECK, NOSE),
    (NOSE, RIGHT_EYE),
    (RIGHT_EYE, RIGHT_EAR),
    (NOSE, LEFT_EYE),
    (LEFT_EYE, LEFT_EAR),
    (LEFT_ANKLE, LEFT_TOE),
    (RIGHT_ANKLE, RIGHT_TOE),
)
"""Every point is the end of one limb, from the neck outwards."""


@dataclass(frozen=True, slots=True, eq=False)
class Skeleton:
    """One person in one frame: body `[20, 3]`, hands `[21, 3]`, face `[68, 3]`."""

    body: Points
    left_hand: Points
    right_hand: Points
    face: Points

    @classmethod
    def of_whole_body(cls, points: Points) -> Skeleton:
        """From COCO's 133 points `[133, 3]`."""
        body = ((points[list(_BODY_A)] + points[list(_BODY_B)]) / 2).astype(np.float32)
        return cls(body, points[_LEFT_HAND].copy(), points[_RIGHT_HAND].copy(), points[_FACE].copy())

    def moved(self, scale: float, shift: tuple[float, float]) -> Skeleton:
        """All points times `scale`, plus `shift`; scores stay."""

        def move(points: Points) -> Points:
            moved = points.copy()
            moved[:, :2] = moved[:, :2] * scale + np.asarray(shift, np.float32)
            return moved

        return Skeleton(move(self.body), move(self.left_hand), move(self.right_hand), move(self.face))
