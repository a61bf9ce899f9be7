"""The kinds of values that are written in words: text, ids, choices, files, other shots, moments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.storyboard import words
from flows.storyboard.context import AssetKind, Context, Schema, filled, or_template, scalar, wrong
from flows.storyboard.model import Cue
from flows.storyboard.nodes import Node, Text
from flows.storyboard.problems import listed
from flows.storyboard.quantities import seconds_of, with_point
from flows.storyboard.variables import CONTROL, sole_variable
from wan.weights.layout import PICKLES

MAX_TEXT = 20_000
"""Characters of one text; a prompt of 512 tokens has about 2,500."""

LORA_ENDING = ".safetensors"
"""What ends like this is a file; everything else is the name of one in the folder of LoRAs."""

LISTED = 8
"""Names of a table that are listed where it is only mentioned."""

LONGEST_NAME = 255
"""Bytes that file systems allow the name of a file."""

_MEDIA = re.compile(r"\.(?:png|jpe?g|webp|mp4|mov|mkv|webm|wav|mp3|m4a|yaml|json)\Z", re.IGNORECASE)
_LIKELY = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
_CUE = re.compile(rf"(?:({words.ID}(?:\.{words.ID})?)\s*(?:([+-])\s*(\S+))?|(\S+))\Z")


@dataclass(frozen=True, slots=True)
class FreeText:
    """What people read or a model is told: any printable characters, never taken for a number or a switch.

    `templates`: whether `{{ name }}` may stand in it.
    """

    templates: bool = True
    limit: int = MAX_TEXT

    def read(self, node: Node, context: Context, key: str) -> Text | None:
        text = scalar(node, context, key, self)
        if text is not None and len(text.value) > self.limit:
            message = f"{key} has {len(text.value):,} characters"
            context.problems.add(text, message, f"at most {self.limit:,} are allowed")
            return None
        if text is not None and (control := CONTROL.search(text.value)):
            context.problems.add(text, f"{key} holds the control character U+{ord(control[0]):04X}", "remove it")
            return None
        if text is not None and not self.templates and "{{" in text.value:
            context.problems.add(text, f"{key} cannot hold a template itself", "write the text out")
            return None
        return text

    def schema(self) -> Schema:
        return {"type": ["string", "number", "boolean", "null"]}

    def words(self) -> str:
        return "text"


@dataclass(frozen=True, slots=True)
class Word:
    """Text of a fixed form: ids and names."""

    pattern: str
    what: str
    reserved: tuple[str, ...] = ()

    def read(self, node: Node, context: Context, key: str) -> str | None:
        text = scalar(node, context, key, self)
        if text is None:
            return None
        longest = max(len(part.encode()) for part in f"{text.value}{LORA_ENDING}".split("/"))
        if longest > LONGEST_NAME or len(text.value) > 1000 or not re.fullmatch(self.pattern, text.value):
            wrong(text, context, key, self, self._fix(text.value))
            return None
        if text.value in self.reserved:
            context.problems.add(text, f"{key} cannot be '{text.value}': the word has a meaning", "choose another name")
            return None
        return text.value

    def _fix(self, value: str) -> str | None:
        simple = re.sub(r"[^a-z0-9_-]+", "-", value.lower()).strip("-_")[:40]
        return f"for example {simple}" if re.fullmatch(self.pattern, simple) else None

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{self.pattern}$"}

    def words(self) -> str:
        return self.what


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a table."""

    table: Mapping[str, str]

    def read(self, node: Node, context: Context, key: str) -> str | None:
        text = filled(node, context, key, self)
        if text is None or text.value in self.table:
            return text.value if text else None
        fix = context.problems.did_you_mean(text.value, self.table, f"one of {listed(self.table, 40)}")
        context.problems.add(text, f"unknown {key} '{text.value[:60]}'", fix)
        return None

    def schema(self) -> Schema:
        return or_template({"enum": list(self.table)})

    def words(self) -> str:
        names = [f"`{name}`" for name in self.table]
        return f"one of {', '.join(names[:LISTED])}" + (f", … ({len(names)} in all)" if len(names) > LISTED else "")


@dataclass(frozen=True, slots=True)
class Version:
    """The version of the language."""

    version: int

    def read(self, node: Node, context: Context, key: str) -> int | None:
        text = scalar(node, context, key, self)
        if text is None or (text.plain and text.value == str(self.version)):
            return self.version if text else None
        message = f"version {text.value[:20]!r} of the storyboard language is not known"
        context.problems.add(text, message, f"this wanflow reads storyboard: {self.version}")
        return None

    def schema(self) -> Schema:
        return {"const": self.version}

    def words(self) -> str:
        return f"`{self.version}`"


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false, as YAML 1.2 has it."""

    def read(self, node: Node, context: Context, key: str) -> bool | None:
        text = filled(node, context, key, self)
        if text is None:
            return None
        if not text.plain or text.value.lower() not in ("true", "false"):
            likely = _LIKELY.get(text.value.lower())
            wrong(text, context, key, self, f"write {likely or 'true or false'}")
            return None
        return text.value.lower() == "true"

    def schema(self) -> Schema:
        return or_template({"type": "boolean"})

    def words(self) -> str:
        return "`true` or `false`"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file beside the storyboard."""

    kind: AssetKind

    def read(self, node: Node, context: Context, key: str) -> Path | None:
        if isinstance(node, Text) and (alone := sole_variable(node)) is not None:
            context.variables.files.add(alone)
        text = filled(node, context, key, self)
        return context.assets.find(text, self.kind) if text else None

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1}

    def words(self) -> str:
        return {"image": "a picture", "video": "a video", "audio": "a sound", "lora": "a LoRA"}[self.kind] + " file"


@dataclass(frozen=True, slots=True)
class LoraName:
    """A LoRA: its name in the folder `model.loras`, or a file beside the storyboard. Reads to (text, file or None).

    `pattern`: what a file and folders above it may be called; nothing that leads out of the folder.
    """

    pattern: str

    def read(self, node: Node, context: Context, key: str) -> tuple[Text, Path | None] | None:
        text = filled(node, context, key, self)
        if text is None:
            return None
        if text.value.endswith(LORA_ENDING):
            path = context.assets.find(text, "lora")
            return (text, path) if path else None
        if text.value.endswith(PICKLES):
            message = f"{text.value[:60]} is pickled, and such weights are refused"
            context.problems.add(text, message, f"take one that ends in {LORA_ENDING}")
            return None
        longest = max(len(part.encode()) for part in f"{text.value}{LORA_ENDING}".split("/"))
        if longest > LONGEST_NAME or len(text.value) > 1000 or not re.fullmatch(self.pattern, text.value):
            wrong(text, context, key, self)
            return None
        if re.search(_MEDIA, text.value):
            context.problems.add(
                text, f"{text.value[:60]} is no LoRA", f"name one, or a file that ends in {LORA_ENDING}"
            )
            return None
        return text, None

    def schema(self) -> Schema:
        return {"type": "string", "anyOf": [{"pattern": f"^{self.pattern}$"}, {"pattern": r"\.safetensors$"}]}

    def words(self) -> str:
        return f"the name of a LoRA, or a `{LORA_ENDING}` file"


@dataclass(frozen=True, slots=True)
class ShotReference:
    """Another shot: `previous`, `shot`, or `scene.shot`. It is looked up when all ids are known."""

    def read(self, node: Node, context: Context, key: str) -> Text | None:
        text = filled(node, context, key, self)
        if text is None:
            return None
        if not re.fullmatch(rf"{words.ID}(?:\.{words.ID})?", text.value):
            wrong(text, context, key, self)
            return None
        return text

    def schema(self) -> Schema:
        return or_template({"type": "string", "pattern": rf"^{words.ID}(\.{words.ID})?$"})

    def words(self) -> str:
        return "`previous`, a shot's id, or `scene.shot`"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of the film: seconds from its start, or a shot's start with seconds more or less."""

    def read(self, node: Node, context: Context, key: str) -> tuple[Text, Cue] | None:
        text = filled(node, context, key, self)
        if text is None:
            return None
        cue = _cue(text.value)
        if cue is None:
            pointed = with_point(text.value)
            fix = f"a decimal point, not a comma: write {pointed}" if pointed and _cue(pointed) else None
            wrong(text, context, key, self, fix)
            return None
        return text, cue

    def schema(self) -> Schema:
        return {"type": ["string", "number"], "examples": ["0s", "river.drift + 0.5s"]}

    def words(self) -> str:
        return "a moment as `1.5s`, `scene.shot`, or `scene.shot + 0.5s`"


def _cue(text: str) -> Cue | None:
    match = _CUE.match(text.strip())
    offset = seconds_of(match[3] or match[4] or "0") if match else None
    if match is None or offset is None or offset < 0:
        return None
    return Cue(match[1], -offset if match[2] == "-" else offset)
