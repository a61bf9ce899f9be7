"""Size and rate of the film, and the size its shots are rendered at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.errors import Place, Problem
from flows.shots import Part, choose_variant, film_fps, part_of
from flows.storyboard.model import Size, Storyboard
from flows.storyboard.sizes import FILM_MULTIPLE
from wan.families import Family
from wan.frames.geometry import MOST_NARROW, nearest_sizes


@dataclass(frozen=True, slots=True)
class Geometry:
    """The film is `film`. Shots are rendered at `render`, which fits into it a whole number of times, or at what their
    variant can do that is nearest to it; the edit scales and crops."""

    film: Size
    render: Size
    fps: float

    def size_of(self, part: Part, scale: float = 1.0) -> Size:
        """The size the part's clips are rendered at; `scale` makes it smaller, where the part draws other sizes."""
        own, multiple = part.role.size, part.variant.size_multiple
        if own is not None:
            return Size(*own)
        return Size(_nearest(self.render.width * scale, multiple), _nearest(self.render.height * scale, multiple))


def film_geometry(
    storyboard: Storyboard, family: Family, problems: list[Problem], pictures: Mapping[Path, tuple[int, int]]
) -> Geometry:
    """Decides the sizes; an impossible one is added to `problems` and the family's own is used to go on with.
    `pictures` are the sizes of those that are known."""
    fps = film_fps(storyboard, family)
    own = _own_size(storyboard, family)
    wanted = storyboard.format.size
    if storyboard.format.from_image:
        wanted = _size_from_image(storyboard, family, problems, pictures)
    if wanted is None:
        return Geometry(own, own, fps)
    for size in family.sizes:
        if wanted.width % size[0] == 0 and wanted.width * size[1] == wanted.height * size[0]:
            return Geometry(wanted, Size(*size), fps)
    if family.sizes:
        near = _nearest_multiples(wanted, family.sizes)
        sizes = " or ".join(f"{width}x{height}" for width, height in family.sizes)
        problems.append(_wrong(storyboard, f"the {family.name} family draws {sizes}, or whole multiples of it", near))
        return Geometry(own, own, fps)
    if wanted.width % FILM_MULTIPLE or wanted.height % FILM_MULTIPLE:
        near = [Size(*size) for size in nearest_sizes((wanted.width, wanted.height), FILM_MULTIPLE)]
        problems.append(_wrong(storyboard, f"both sides must be multiples of {FILM_MULTIPLE} pixels", near))
        return Geometry(own, own, fps)
    return Geometry(wanted, wanted, fps)


def _own_size(storyboard: Storyboard, family: Family) -> Size:
    if family.sizes:
        return Size(*family.sizes[0])
    part = next(iter(_parts(storyboard, family)))
    return Size(*(part.role.size or part.variant.size))


def _size_from_image(
    storyboard: Storyboard, family: Family, problems: list[Problem], pictures: Mapping[Path, tuple[int, int]]
) -> Size | None:
    """What the reference makes of the first picture that a shot starts from, at the area its variant has by itself."""
    place = storyboard.places.get("format.size") or Place(str(storyboard.path), 1, 1)
    for shot in storyboard.shots:
        part = part_of(family, choose_variant(shot, family))
        rule = part.variant.image_size if part else None
        if shot.image is None or part is None or rule is None or family.sizes:
            continue
        if shot.image not in pictures:
            return None  # it cannot be read, which is reported where it is named, or is not looked at yet
        picture, (width, height) = pictures[shot.image], part.role.size or part.variant.size
        if max(picture) > MOST_NARROW * min(picture):
            problems.append(Problem(place, f"{shot.image.name} is too narrow to be a film's shape", "write a size"))
            return None
        return Size(*rule(picture, width * height))
    why = "draws one shape only" if family.sizes else "has no variant for a first `image` that this film has"
    problems.append(Problem(place, f"no size follows from a picture: the {family.name} family {why}", "write a size"))
    return None


def _nearest(side: float, multiple: int) -> int:
    return max(multiple, round(side / multiple) * multiple)


def _parts(storyboard: Storyboard, family: Family) -> Iterable[Part]:
    """The parts that the film uses; the family's first if it has none of them (which is reported elsewhere)."""
    names = dict.fromkeys(choose_variant(shot, family) for shot in storyboard.shots)
    parts = [part for name in names if (part := part_of(family, name))]
    return parts or [part for name in family.roles if (part := part_of(family, name))]


def _nearest_multiples(wanted: Size, sizes: tuple[tuple[int, int], ...]) -> list[Size]:
    multiples: set[Size] = set()
    for width, height in sizes:
        times = max(1, int(min(wanted.width / width, wanted.height / height)))
        multiples |= {Size(width * times, height * times), Size(width * (times + 1), height * (times + 1))}
    near = sorted(multiples, key=lambda size: abs(size.width - wanted.width) + abs(size.height - wanted.height))[:2]
    return sorted(near, key=lambda size: size.width)


def _wrong(storyboard: Storyboard, rule: str, near: list[Size]) -> Problem:
    places = storyboard.places
    place = places.get("format.size") or places.get("format") or Place(str(storyboard.path), 1, 1)
    nearest = " or ".join(dict.fromkeys(str(size) for size in near))
    return Problem(place, f"size {storyboard.format.size} cannot be rendered: {rule}", f"the nearest are {nearest}")
