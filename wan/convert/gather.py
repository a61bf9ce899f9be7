"""Find the parts of a checkpoint in what a person has: a folder in the reference's layout, or single files.

What a file is follows from its weights, never from its name; of two transformers the first one given, or the one in
`high_noise_model/`, is the high-noise expert.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wan.convert.kinds import Kind, recognise, unknown
from wan.convert.sources import PICKLES, open_source
from wan.convert.weights import Weights
from wan.errors import CheckpointError
from wan.system.folders import found_in
from wan.weights.layout import indexed_files, read_json

EXPERTS = ("high_noise_model", "low_noise_model")
_TOKENIZERS = ("google/umt5-xxl", "tokenizer")
_INDEX = ".safetensors.index.json"
_COPIED = (".json", ".txt", ".model", ".safetensors")


@dataclass(frozen=True, slots=True)
class Part:
    """Weights of a known kind, and what the reference's own configuration says of them (empty without one)."""

    kind: Kind
    weights: Weights
    stated: Mapping[str, Any]
    place: Path


@dataclass(slots=True)
class Found:
    """The parts by component, and the folders that are taken over as they are."""

    parts: dict[str, Part] = field(default_factory=dict)
    folders: dict[str, Path] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        """Every component that was found."""
        return {*self.parts, *self.folders}

    @property
    def variant(self) -> str | None:
        """The variant whose transformer this is."""
        part = self.parts.get("transformer")
        return part.kind.variant if part else None


def gather(sources: Sequence[Path]) -> Found:
    """The parts in a folder, or in single files. Raises `CheckpointError` for what is not there or not known."""
    for source in sources:
        if not source.exists():
            raise CheckpointError(f"{source} does not exist")
    if len(sources) == 1 and sources[0].is_dir():
        return _folder(sources[0])
    if any(source.is_dir() for source in sources):
        raise CheckpointError("give one folder, or single files; what those lack can come from a folder: --with")
    parts = Found()
    for source in sources:
        _add(parts, _part([source], source.parent / "config.json"))
    return parts


def _folder(folder: Path) -> Found:
    parts = Found()
    if all((folder / name).is_dir() for name in EXPERTS):
        for name in EXPERTS:
            _add(parts, _part(shards(folder / name), folder / name / "config.json"))
    elif root := shards(folder, required=False):
        _add(parts, _part(root, folder / "config.json"))
    elif (folder / "transformer").is_dir():
        _take_component(parts, folder, "transformer")
        if (folder / "transformer_2").is_dir():
            _take_component(parts, folder, "transformer_2")
    taken = {file for part in parts.parts.values() for file in part.weights.source.files}
    for file in found_in(folder):
        if file.suffix in (".pth", ".safetensors") and file not in taken:
            _add_extra(parts, file)
    for name in ("vae", "text_encoder", "image_encoder", "audio_encoder"):
        if name not in parts.names and (folder / name / "config.json").is_file():
            parts.folders[name] = folder / name
    _take_folders(parts, folder)
    if not parts.names:
        raise CheckpointError(
            f"{folder} holds no checkpoint of WAN 2.2. Looked for: {EXPERTS[0]}/ and {EXPERTS[1]}/, or "
            "diffusion_pytorch_model*.safetensors, or transformer/; beside them .pth files and google/umt5-xxl/"
        )
    return parts


def _take_component(found: Found, folder: Path, name: str) -> None:
    """`transformer/`: the reference's keys (S2V is published so) are converted, diffusers' own are copied."""
    files = shards(folder / name)
    weights = Weights(open_source(files))
    kind = recognise(weights.tensors)
    if kind is not None:
        _add(found, Part(kind, weights, _stated(folder / name / "config.json"), folder / name))
    else:
        found.folders[name] = folder / name


def _take_folders(found: Found, folder: Path) -> None:
    for place in _TOKENIZERS:
        if "tokenizer" not in found.folders and (folder / place).is_dir():
            found.folders["tokenizer"] = folder / place
    speech = [path for path in found_in(folder, "wav2vec2*") if path.is_dir()]
    if speech and "audio_encoder" not in found.names:
        found.folders["audio_encoder"] = speech[0]
    if (folder / "relighting_lora").is_dir():
        found.folders["relighting_lora"] = folder / "relighting_lora"


def _add_extra(found: Found, file: Path) -> None:
    """A file beside the transformer: text encoder, autoencoder, CLIP. Others are said and left alone."""
    weights = Weights(open_source([file]))
    kind = recognise(weights.tensors)
    if kind is None:
        found.notes.append(f"{file.name} is left out: no part of WAN 2.2 that wanflow knows")
    elif kind.component not in found.names:
        _add(found, Part(kind, weights, _stated(file.parent / "config.json"), file))


def _part(files: Sequence[Path], config: Path | None) -> Part:
    weights = Weights(open_source(files))
    kind = recognise(weights.tensors)
    place = files[0] if len(files) == 1 else files[0].parent
    if kind is None:
        raise unknown(place, weights.tensors)
    return Part(kind, weights, _stated(config), place)


def _add(found: Found, part: Part) -> None:
    name = part.kind.component
    if name == "transformer" and name in found.parts:
        _check_pair(found.parts[name], part)
        name = "transformer_2"
    if name in found.names:
        raise CheckpointError(f"{part.place} is a second {part.kind.name}; give each part once")
    found.parts[name] = part


def _check_pair(high: Part, low: Part) -> None:
    if high.kind is not low.kind:
        raise CheckpointError(f"{high.place} is a {high.kind.name}, {low.place} a {low.kind.name}: no pair")
    says = ["high" in high.place.name.lower(), "low" in high.place.name.lower()]
    says += ["high" in low.place.name.lower(), "low" in low.place.name.lower()]
    if says == [False, True, True, False]:
        raise CheckpointError(f"{high.place.name} comes first, but is called low: give the high-noise expert first")


def shards(folder: Path, *, required: bool = True) -> list[Path]:
    """The safetensors files of the one model in `folder`: those of its index, or the single one.

    Raises `CheckpointError` when the index names files that are not there, or (if `required`) when there is nothing.
    """
    for index in found_in(folder, f"*{_INDEX}"):
        return indexed_files(index)
    singles = [folder / f"{stem}.safetensors" for stem in ("diffusion_pytorch_model", "model")]
    files = [file for file in singles if file.is_file()][:1]
    if required and not files:
        raise CheckpointError(f"{folder} holds no safetensors weights")
    return files


def copied_files(folder: Path) -> Iterator[Path]:
    """The files of a component that is taken over as it is; never a pickle."""
    for path in found_in(folder, "**/*"):
        if path.is_file() and path.suffix in _COPIED:
            yield path


def pickled_weights(folder: Path) -> Path | None:
    """The weights of a component that are there as a pickle only."""
    if any(found_in(folder, "*.safetensors")):
        return None
    return next((path for path in found_in(folder) if path.suffix in PICKLES), None)


def _stated(config: Path | None) -> Mapping[str, Any]:
    return read_json(config) if config is not None and config.is_file() else {}
