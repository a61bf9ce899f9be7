"""LoRA files as they are published: what they hold for which layer of which expert. No torch until a file is loaded.

How they name things is `wan.lora.keys`; what they note down beside is `wan.lora.notes`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from wan.errors import CheckpointError, RequestError
from wan.lora.keys import IMAGE_LAYERS, OTHER_KINDS, Key, Role, expert_of, find_place, split_key
from wan.lora.notes import BadNote, Notes, read_notes
from wan.request import ExpertName
from wan.weights.headers import NotSafetensors, Pickled, TensorInfo, read_header

if TYPE_CHECKING:
    from torch import Tensor

_USABLE = "take one with low-rank pairs or plain differences"


class UnusableLora(RequestError):
    """A file that cannot be used, whatever model it is laid on; `fix` says what to do."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(f"loras: {message}")
        self.fix = fix


@dataclass(frozen=True, slots=True)
class LoraFile:
    """What the header of a LoRA file says: its tensors, and each one's key in its parts."""

    path: Path
    tensors: Mapping[str, TensorInfo]
    keys: Mapping[str, Key]
    notes: Mapping[str, Notes]

    @property
    def experts(self) -> tuple[ExpertName, ...]:
        """The experts that its keys name; none: it is for whichever it is laid on."""
        named = self._experts().values()
        return tuple(name for name in ("high", "low") if name in named)

    def keys_for(self, expert: ExpertName | None) -> dict[str, Key]:
        """Those for an expert; None: for the only transformer of a model, on which a file of one expert is laid too."""
        experts = self._experts()
        if expert is None:
            if len(self.experts) > 1:
                raise RequestError(
                    f"loras: {self.path} holds weights for two experts, and this model has one transformer: take "
                    "a file that holds one"
                )
            return dict(self.keys)
        return {name: key for name, key in self.keys.items() if experts[key.side] in (None, expert)}

    def note(self, key: Key) -> Notes:
        """The notes for the model that a key is of."""
        named = "transformer_2" if key.side == "low" else "transformer"
        return self.notes.get(named) or self.notes.get("") or next(iter(self.notes.values()), Notes())

    def _experts(self) -> Mapping[str | None, ExpertName | None]:
        return expert_of({key.side for key in self.keys.values()})


@dataclass(slots=True)
class Change:
    """What one file adds to one place, before its weight: up · down · `scale`, or the difference itself."""

    file: Path
    scale: float = 1.0
    tensors: dict[Role, Tensor] = field(default_factory=dict)


def open_lora(path: Path) -> LoraFile:
    """Reads the header. Raises `UnusableLora` unless it is that of a safetensors file that holds a LoRA."""
    tensors = _header(path)
    _check_kind(path, tensors)
    keys = {name: key for name in tensors if (key := split_key(name)) is not None}
    others = [name for name in tensors if name not in keys]
    if others or not keys:
        fix = "name a LoRA: a safetensors file with keys like ….lora_A.weight or ….lora_down.weight"
        raise UnusableLora(f"{path} holds no LoRA: it has {', '.join(others[:3]) or 'no weights'}", fix)
    adapters = sorted({key.adapter or "default" for key in keys.values() if key.scheme == "PEFT"})
    if len(adapters) > 1:
        raise UnusableLora(f"{path} holds several adapters: {', '.join(adapters[:5])}", "save each as a file alone")
    try:
        return LoraFile(path, tensors, keys, read_notes(path))
    except BadNote as error:
        raise UnusableLora(f"{path}: {error}", "save it again, with metadata that diffusers reads") from error


def _check_kind(path: Path, tensors: Mapping[str, TensorInfo]) -> None:
    for sign, kind in OTHER_KINDS:
        strange = next((name for name in tensors if sign.search(name)), None)
        if strange is not None:
            raise UnusableLora(f"{path} {kind}, and cannot be used: it has {strange}", _USABLE)
    for name, info in tensors.items():
        if not info.count or (name.endswith(".alpha") and info.count != 1):
            fix = "fetch it again, or take another one"
            raise UnusableLora(f"{path} is broken: {name} has the shape {list(info.shape)}", fix)


def by_place(file: LoraFile, expert: ExpertName | None, places: Collection[str]) -> dict[str, dict[Role, str]]:
    """The names of what the file holds for an expert (see `LoraFile.keys_for`), by module or parameter of the model
    whose names are `places`; nothing if it is for the other expert alone.

    Raises `RequestError` for keys that belong to no layer, and for two that mean the same.
    """
    keys = file.keys_for(expert)
    names: dict[str, dict[Role, str]] = {}
    strange: list[str] = []
    for name, key in sorted(keys.items()):
        place = find_place(key, places)
        if place is None:
            if not IMAGE_LAYERS.search(key.layer):
                strange.append(name)
        elif (other := names.setdefault(place, {}).setdefault(key.role, name)) != name:
            raise UnusableLora(f"{file.path} changes {place} twice: {other} and {name}", "take one that does it once")
    if strange or not (names or not keys):
        first, *more = strange or sorted(keys)
        count = f"{first} and {len(more):,} more of its {len(keys):,} weights belong" if more else f"{first} belongs"
        raise RequestError(f"loras: {file.path} was made for another model: {count} to no layer")
    return names


def read_changes(path: Path, places: Collection[str], expert: ExpertName | None = None) -> dict[str, Change]:
    """What the file adds, by module or parameter of the model whose names are `places`; `expert` says which one that
    is, None that it is the only one.

    Raises `RequestError` that names the file when it cannot be read, holds something else than a LoRA, or has keys that
    belong to no layer of this model.
    """
    file = open_lora(path)
    placed = by_place(file, expert, places)
    tensors = _load(path) if placed else {}
    changes: dict[str, Change] = {}
    for place, names in placed.items():
        change = changes[place] = Change(path, 1.0, {role: tensors[name] for role, name in names.items()})
        _finish(change, place, file, names)
    return changes


def _finish(change: Change, place: str, file: LoraFile, names: Mapping[Role, str]) -> None:
    """`alpha` becomes part of the scale; half a pair is an error."""
    tensors = change.tensors
    if ("down" in tensors) != ("up" in tensors):
        raise RequestError(f"loras: {change.file} has only half of what it adds to {place}")
    if "down" in tensors and tensors["down"].shape[:1] != tensors["up"].shape[1:2]:
        ranks = f"{list(tensors['down'].shape)} and {list(tensors['up'].shape)}"
        raise RequestError(f"loras: {change.file} is broken: what it multiplies for {place} is of two ranks ({ranks})")
    alpha = tensors.pop("alpha", None)
    if "down" not in tensors:
        return
    rank = int(tensors["down"].shape[0])
    if alpha is None:
        key = file.keys[names["down"]]
        change.scale = file.note(key).scale(key.layer, rank)
    else:
        change.scale = float(alpha.float().reshape(-1)[0]) / rank


def _header(path: Path) -> dict[str, TensorInfo]:
    """The tensors of a safetensors file. Raises `UnusableLora` for anything else."""
    try:
        return read_header(path)
    except Pickled as error:
        message = f"{path} is no safetensors file; pickled weights can run code when they are loaded and are refused"
        raise UnusableLora(message, "take it in safetensors") from error
    except NotSafetensors as error:
        raise UnusableLora(str(error), "name a LoRA in safetensors") from error
    except CheckpointError as error:
        raise UnusableLora(str(error), "name a file that is whole, or make this one anew") from error


def _load(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise RequestError(f"loras: {path} cannot be read as safetensors: {error}") from error
