"""Pictures and videos of a kind that a family was never shown: what it makes of them is not what a person expects."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Container
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import MediaError
from flows.media import load_image, middle_frame
from flows.shots.inputs import shown_as_it_is
from flows.storyboard.model import Storyboard
from wan.families import Family

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


MOST = 50
"""Files that are looked at: whoever has more has heard of it by then."""


def foreign_pictures(
    storyboard: Storyboard, family: Family, readable: Container[Path], known: dict[Path, bool] | None = None
) -> frozenset[Path]:
    """Those that shots start from, end on, move like or change, and that the family cannot know. Empty for a family
    that may be shown anything; files that are not `readable` are reported elsewhere. `known`: what was seen of other
    films' files, which is added to."""
    if family.pictures is None:
        return frozenset()
    knows: Callable[[npt.NDArray[np.uint8]], bool] = importlib.import_module(family.pictures).of_the_world
    named = dict.fromkeys(path for shot in storyboard.shots for _, path in shown_as_it_is(shot) if path in readable)
    known = {} if known is None else known
    for path in islice(named, MOST):
        if path not in known:
            known[path] = _is_known(path, knows)
    return frozenset(path for path in islice(named, MOST) if not known[path])


def _is_known(path: Path, knows: Callable[[npt.NDArray[np.uint8]], bool]) -> bool:
    for read in (load_image, middle_frame):
        try:
            return knows(read(path))
        except MediaError:
            continue
    return True  # what can be read in no way is reported elsewhere
