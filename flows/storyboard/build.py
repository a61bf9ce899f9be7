"""From nodes to a `Storyboard`: reads the film by the table of the language, then scene by scene, shot by shot."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flows.storyboard.checks import check_film
from flows.storyboard.context import Context
from flows.storyboard.declared import check_variables
from flows.storyboard.inherit import inherited, look_of
from flows.storyboard.keyframes import with_keyframes
from flows.storyboard.language import FILM, SCENE, SHOT
from flows.storyboard.model import (
    CastMember,
    Cue,
    Deliverable,
    Format,
    Held,
    Music,
    Scene,
    Soundtrack,
    Storyboard,
    Voiceover,
)
from flows.storyboard.names import Index, index
from flows.storyboard.nodes import Keys, Node, Text, place_of
from flows.storyboard.prompts import Prompts
from flows.storyboard.records import Values
from flows.storyboard.shots import Level, ShotBuilder
from flows.storyboard.words import FROM_IMAGE


def build(root: Keys, path: Path, context: Context) -> Storyboard | None:
    """The storyboard of a file; whole only if no problem was found."""
    film = FILM.read(root, context, "the storyboard")
    if film is None:
        return None
    check_variables(film.get("variables") or {}, context.problems)
    prompts = Prompts(context.variables, {}, context.problems)
    prompts.cast = _cast(film.get("cast") or {}, prompts)
    nodes: list[Node] = film.get("scenes") or []
    ids = index(nodes, context.problems)
    scenes = with_keyframes(_Scenes(film, prompts, ids, context).build(nodes), context.problems)
    title = _title(film, prompts)
    storyboard = Storyboard(
        title=title,
        slug=slug_of(title),
        path=path,
        scenes=scenes,
        format=_format(film.get("format")),
        seed=film.get("seed"),
        soundtrack=_soundtrack(film.get("soundtrack"), ids, context),
        deliver=_deliver(film.get("deliver") or [], context),
        places=film.places,
        cast={name: member.description for name, member in prompts.cast.items()},
        variables={name: node.value for name, node in context.variables.given.items()},
        continuity=_held(film.get("continuity")),
    )
    check_film(storyboard, context.problems)
    return storyboard


class _Scenes:
    """Reads scenes and shots. One context for all: looks, settings and assets are worked out once."""

    def __init__(self, film: Values, prompts: Prompts, ids: Index, context: Context) -> None:
        self.ids, self.context = ids, context
        self.builder = ShotBuilder(prompts, ids, context.problems)
        self.prompts = prompts
        self.defaults: Values | None = film.get("shot_defaults")
        look = film.get("look")
        self.look: Mapping[str, Text] = {
            **(look.values if look else {}),
            **(look_of(self.defaults, context.problems) if self.defaults else {}),
        }

    def build(self, nodes: list[Node]) -> tuple[Scene, ...]:
        return tuple(self._scene(number, node) for number, node in enumerate(nodes))

    def _scene(self, number: int, node: Node) -> Scene:
        name, full = self.ids.scenes[number], self.ids.shots[number]
        values = SCENE.read(node, self.context, "a scene")
        if values is None:
            return Scene(name, ())
        level = self._level(name, full, values, number == 0)
        shots = []
        for position, shot in enumerate(values.get("shots") or []):
            self.context.problems.shot = full[position]
            own = SHOT.read(shot, self.context, "a shot")
            if own is not None:
                shots.append(self.builder.build(level, position, own))
        self.context.problems.shot = None
        setting = level.setting
        return Scene(name, tuple(shots), self.prompts.with_cast(setting)[0] if setting else None)

    def _level(self, name: str, full: list[str], values: Values, first: bool) -> Level:
        own: Values | None = values.get("defaults")
        look: Values | None = values.get("look")
        scene_look: Mapping[str, Text] = look_of(own, self.context.problems) if own else {}
        return Level(
            scene=name,
            shots=full,
            setting=values.get("setting"),
            look={**self.look, **(look.values if look else {}), **scene_look},
            defaults=inherited(self.defaults, own) if own is not None else self.defaults,
            first=first,
        )


def slug_of(title: str) -> str:
    """The folder of a title, whatever letters it has."""
    return slug(title) or _digest(title)


def slug(title: str) -> str:
    """The title as a folder name: ASCII letters and digits joined by `-`; empty if it has none."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80].rstrip("-")


def _digest(title: str) -> str:
    """The folder of a title in other letters: of the title alone, so that an edited film keeps its folder."""
    return hashlib.sha256(title.encode("utf-8")).hexdigest()[:12]


def _title(film: Values, prompts: Prompts) -> str:
    node: Text | None = film.get("title")
    if node is None:
        return ""
    filled = prompts.fill(node)
    title = " ".join((filled or "").split())
    if filled is not None and not title:
        prompts.problems.add(node, "title is empty", "give the film a title")
    return title


def _held(written: Values | None) -> Held:
    if written is None:
        return Held()
    budget: Values | None = written.get("budget")
    return Held(budget.values if budget else {}, written.get("on_fail") != "ignore")


def _cast(written: Mapping[str, tuple[Text, Values]], prompts: Prompts) -> dict[str, CastMember]:
    members: dict[str, CastMember] = {}
    for name, (_, values) in written.items():
        node: Text | None = values.get("description")
        description = (prompts.fill(node) or "").strip() if node else ""
        if node and not node.value.strip():
            prompts.problems.add(node, f"the description of <{name}> is empty", "say what it looks like")
        for other in re.findall(r"<([a-z][a-z0-9_-]*)>", description):
            if node and other in written:
                message = f"the description of <{name}> names <{other}>: descriptions cannot name others"
                prompts.problems.add(place_of(node, f"<{other}>"), message, "write it out")
        members[name] = CastMember(name, description, values.get("reference"))
    return members


def _format(written: Values | None) -> Format:
    if written is None:
        return Format()
    size = written.get("size")
    return Format(None if size == FROM_IMAGE else size, written.get("fps"), size == FROM_IMAGE)


def _soundtrack(written: Values | None, ids: Index, context: Context) -> Soundtrack:
    if written is None:
        return Soundtrack()
    voices = [_voice(values, ids, context) for _, values in written.get("voiceover") or ()]
    places = dict(written.places)
    for number, (node, values) in enumerate(written.get("voiceover") or ()):
        places[f"voiceover.{number}"] = node.place
        places.update({f"voiceover.{number}.{key}": place for key, place in values.places.items()})
    return Soundtrack(_music(written.get("music")), tuple(voice for voice in voices if voice), places)


def _music(written: Values | None) -> Music | None:
    if written is None or written.get("file") is None:
        return None
    get: Any = written.values.get
    return Music(get("file"), get("gain_db", 0.0), get("fade_in", 0.0), get("fade_out", 0.0), get("duck", False))


def _voice(written: Values, ids: Index, context: Context) -> Voiceover | None:
    at = written.get("at")
    cue = Cue()
    if at is not None:
        node, cue = at
        if cue.shot is not None:
            named = Text(node.source, node.line, node.column, cue.shot, node.plain)
            cue = Cue(ids.look_up(named, context.problems), cue.offset)
    file = written.get("file")
    return Voiceover(file, cue, written.values.get("gain_db", 0.0)) if file else None


def _deliver(written: list[tuple[Node, Values]], context: Context) -> tuple[Deliverable, ...]:
    seen: dict[str, Node] = {}
    result = []
    for node, values in written:
        name = values.get("name")
        if name is None:
            continue
        if name in seen or name == "film":
            why = f"the first one is on line {seen[name].line}" if name in seen else "film.mp4 is always written"
            context.problems.add(values.places["name"], f"a deliverable cannot be called '{name}': {why}", "rename it")
        seen.setdefault(name, node)
        size, aspect = values.get("size"), values.get("aspect")
        if size and aspect:
            context.problems.add(values.places["aspect"], "size and aspect exclude each other", "keep one")
        video = values.get("video") or "h264"
        result.append(Deliverable(name, size, values.get("fps"), aspect, video, node.place))
    return tuple(result)
