"""A prompt from its parts: shot, setting, style, camera, lighting, lens, palette, with variables and cast filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.storyboard.model import CastMember
from flows.storyboard.nodes import Text, place_of
from flows.storyboard.problems import Problems, listed
from flows.storyboard.templates import MAX_RESULT
from flows.storyboard.variables import Variables
from flows.storyboard.words import ID

_MEMBER = re.compile(rf"<({ID})>")
_ANY_CASE = re.compile(r"<([A-Za-z][A-Za-z0-9_-]*)>")


@dataclass(frozen=True, slots=True)
class Part:
    """A text that goes into a prompt, and where it was written."""

    text: str
    node: Text


class Prompts:
    """Fills in and joins texts, for all shots of a film. What a look or a setting becomes is worked out once."""

    def __init__(self, variables: Variables, cast: Mapping[str, CastMember], problems: Problems) -> None:
        self.variables, self.cast, self.problems = variables, cast, problems
        self._filled: dict[int, tuple[Text, str | None, tuple[CastMember, ...]]] = {}

    def fill(self, node: Text) -> str | None:
        """The text of a node with its templates filled in; None after a problem."""
        return self.variables.fill(node, self.problems)

    def with_cast(self, node: Text) -> tuple[str | None, tuple[CastMember, ...]]:
        """The text with variables and cast filled in, and who is named in it."""
        known = self._filled.get(id(node))
        if known is None:
            known = self._filled[id(node)] = (node, *self._with_cast(node))
        return known[1], known[2]

    def join(self, parts: Sequence[Text]) -> tuple[str, tuple[CastMember, ...]]:
        """The parts joined by `, `, and the cast named in them, each once."""
        members: dict[str, CastMember] = {}
        texts: list[str] = []
        for node in parts:
            text, named = self.with_cast(node)
            if text and (stripped := text.strip()):
                texts.append(stripped)
            for member in named:
                members[member.id] = member
        result = ", ".join(texts)
        if len(result) > MAX_RESULT:
            self._too_long(parts[0], len(result))
        return result, tuple(members.values())

    def _too_long(self, node: Text, size: int) -> None:
        message = f"the prompt has {size:,} characters with its setting, look and cast"
        self.problems.add(node, message, f"at most {MAX_RESULT:,} are allowed")

    def _with_cast(self, node: Text) -> tuple[str | None, tuple[CastMember, ...]]:
        text = self.fill(node)
        if text is None:
            for name in dict.fromkeys(_ANY_CASE.findall(node.value)):
                self._member(name, node)
            return None, ()
        if "<" not in text:
            return text, ()
        named = [self._member(name, node) for name in dict.fromkeys(_ANY_CASE.findall(text))]
        size = len(text) + sum(len(self._description(name, "")) for name in _MEMBER.findall(text))
        if size > MAX_RESULT:
            self._too_long(node, size)
            return None, ()
        text = _MEMBER.sub(lambda found: self._description(found[1], found[0]), text)
        return text, tuple(member for member in named if member)

    def _description(self, name: str, otherwise: str) -> str:
        member = self.cast.get(name)
        return member.description if member else otherwise

    def _member(self, name: str, node: Text) -> CastMember | None:
        if name in self.cast:
            return self.cast[name]
        if name != name.lower() and name.lower() not in self.cast:
            return None
        fix = self.problems.did_you_mean(name, self.cast, self._how_to_add(name), "<{}>".format)
        self.problems.add(place_of(node, f"<{name}>"), f"<{name}> is not in the cast", fix)
        return None

    def _how_to_add(self, name: str) -> str:
        known = f"the cast: {listed(self.cast)}; or " if self.cast else ""
        return f"{known}add cast: {{{name}: {{description: …}}}}"


def check_words(node: Text, cast: Mapping[str, str], variables: Mapping[str, str], problems: Problems) -> None:
    """A shot's part of a prompt by itself, against the `cast` (descriptions) and the `variables` that a film has: what
    is wrong with it is added to `problems`."""
    if not node.value.strip():
        problems.add(node, "prompt is empty", "say what is seen")
        return
    given = {name: Text(node.source, 1, 1, value, False) for name, value in variables.items()}
    members = {name: CastMember(name, description) for name, description in cast.items()}
    Prompts(Variables(given), members, problems).join([node])
