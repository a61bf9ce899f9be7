"""Full ids of all shots, before any of them is read: references may point forwards and backwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from flows.storyboard.nodes import Items, Keys, Node, Text
from flows.storyboard.problems import Problems, listed
from flows.storyboard.words import ID, PREVIOUS


@dataclass(slots=True)
class Index:
    """Which shots there are. `scenes[i]` is a scene's id, `shots[i][j]` the full id of its shot j."""

    scenes: list[str] = field(default_factory=list)
    shots: list[list[str]] = field(default_factory=list)
    full: set[str] = field(default_factory=set)
    bare: dict[str, list[str]] = field(default_factory=dict)

    def look_up(
        self, text: Text, problems: Problems, *, never: str | None = None, words: Sequence[str] = ()
    ) -> str | None:
        """The full id of a shot named as `scene.shot` or by a bare id; None after a problem. The shot `never` is not
        suggested; `words` may be written instead of a name."""
        name = text.value
        if name in self.full:
            return name
        matches = self.bare.get(name, ())
        if len(matches) == 1:
            return matches[0]
        if matches:
            problems.add(text, f"more than one shot is called '{name}'", f"say which: {listed(matches)}")
            return None
        bare = [each for each, shots in self.bare.items() if shots != [never]]
        others = f"shots: {listed(bare)}" if bare else "there is no other shot to name"
        fix = problems.did_you_mean(name, self.full - {never} if "." in name else [*bare, *words], others)
        problems.add(text, f"there is no shot '{name}'", fix)
        return None


def index(scenes: Sequence[Node], problems: Problems) -> Index:
    """The ids of all scenes and shots; those without one are numbered. Two of a name are problems."""
    result = Index()
    seen: dict[str, Node] = {}
    for number, scene in enumerate(scenes, start=1):
        name = _id(scene, f"scene-{number}")
        _once(seen, name, scene, "scene", problems)
        result.scenes.append(name)
        result.shots.append(_shots(name, scene, result, problems))
    return result


def _shots(scene: str, node: Node, result: Index, problems: Problems) -> list[str]:
    shots = node.get("shots") if isinstance(node, Keys) else None
    names: list[str] = []
    seen: dict[str, Node] = {}
    for number, shot in enumerate(shots.values if isinstance(shots, Items) else (), start=1):
        name = _id(shot, f"shot-{number}")
        full = f"{scene}.{name}"
        problems.shot = full
        _once(seen, name, shot, "shot", problems)
        problems.shot = None
        names.append(full)
        if full not in result.full:
            result.full.add(full)
            result.bare.setdefault(name, []).append(full)
    return names


def _once(seen: dict[str, Node], name: str, node: Node, what: str, problems: Problems) -> None:
    if name in seen:
        at = node.get("id") if isinstance(node, Keys) else None
        other = seen[name]
        fix = f"the first one is on line {other.line}: rename one of them"
        problems.add(at or node, f"two {what}s have the id '{name}'", fix)
    seen.setdefault(name, node)


def _id(node: Node, otherwise: str) -> str:
    """The written id if it is one; what is wrong with another is said when the map is read."""
    written = node.get("id") if isinstance(node, Keys) else None
    if isinstance(written, Text) and written.value != PREVIOUS and re.fullmatch(ID, written.value):
        return written.value
    return otherwise
