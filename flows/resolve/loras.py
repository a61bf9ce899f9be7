"""Which files the LoRAs of a film are: those that shots name, and those that belong to the family."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import normalize

from flows.errors import Place, Problem
from flows.settings import ModelSettings
from flows.shots import used_variants
from flows.storyboard.kinds import LORA_ENDING
from flows.storyboard.model import Lora, Storyboard
from wan.families import Family, FamilyLora
from wan.system.folders import found_in
from wan.system.suggest import did_you_mean
from wan.weights.places import models_home, pulled


@dataclass(frozen=True, slots=True)
class FoundLoras:
    """`named`: by what a storyboard calls them; `of_family`: those of the family's roles that are here, `missing` the
    others, each with the name it goes by; `lacks` says how to get them. `problems`: names that stand for nothing.
    `uses`: where each file is named first, and by which shot."""

    named: Mapping[str, Path] = field(default_factory=dict)
    of_family: Mapping[FamilyLora, Path] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    missing: Mapping[FamilyLora, Path] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    uses: Mapping[Path, tuple[Place | None, str | None]] = field(default_factory=dict)

    def files(self, readable: Collection[Path]) -> dict[str | FamilyLora, Path]:
        """Each by name, of those that could be read."""
        paths: dict[str | FamilyLora, Path] = {name: path for name, path in self.named.items() if path in readable}
        return paths | {lora: path for lora, path in self.of_family.items() if path in readable}

    def digests(self, of: Mapping[Path, str]) -> dict[str | FamilyLora, str]:
        """The digest of each by name, of those that have one: that could be read, or are missing and planned with."""
        missing = {lora: of[path] for lora, path in self.missing.items() if path in of}
        return {lora: of[path] for lora, path in self.files(of).items()} | missing


def find_loras(storyboard: Storyboard, family: Family, model: ModelSettings) -> FoundLoras:
    """Looks for files, and reads none."""
    named: dict[str, Path] = {}
    problems: list[Problem] = []
    uses: dict[Path, tuple[Place | None, str | None]] = {}
    for shot in storyboard.shots:
        for lora in shot.loras:
            path, message, fix = _named(lora, model.loras)
            at = (lora.place or shot.where("loras"), shot.full_id)
            if path is None:
                problems.append(Problem(at[0], message, fix, at[1]))
            else:
                named[lora.key] = path
                uses.setdefault(path, at)
    of_family: dict[FamilyLora, Path] = {}
    missing: dict[FamilyLora, Path] = {}
    lacks: list[str] = []
    # how long driven shots are does not matter here: what drives a shot stays with its variant from clip to clip
    for variant in used_variants(storyboard, family, {}):
        for own in family.roles[variant].loras:
            file = file_of_family(own, model)
            if file is None:
                missing[own] = Path(own.model, own.file)
                lacks.append(_not_here(own, family, variant, model))
            else:
                of_family[own] = file
                uses.setdefault(file, (None, None))
    return FoundLoras(named, of_family, tuple(problems), missing, tuple(lacks), uses)


def _named(lora: Lora, folder: Path | None) -> tuple[Path | None, str, str]:
    """The file, or what is wrong and how to mend it."""
    if lora.file is not None:
        return lora.file, "", ""
    if folder is None:
        fix = f"set model.loras to a folder that holds {lora.name}{LORA_ENDING}, or give the path of a file"
        return None, f"there is no folder to look for the LoRA {lora.name} in", fix
    path = folder / f"{lora.name}{LORA_ENDING}"
    if path.is_file():
        return path, "", ""
    files = {
        file.relative_to(folder).as_posix().removesuffix(LORA_ENDING): file
        for file in found_in(folder, f"**/*{LORA_ENDING}")
    }
    for name, file in files.items():  # some systems write é as e and an accent
        if normalize("NFC", name) == normalize("NFC", lora.name):
            return file, "", ""
    have = sorted(files)
    others = f"there are: {', '.join(have[:20])}" if have else "it has none"
    return None, f"there is no LoRA {lora.name} in {folder}", did_you_mean(lora.name, have, others)


def file_of_family(lora: FamilyLora, model: ModelSettings) -> Path | None:
    """In the folder of LoRAs under the model's name, in the folder of models, or where the model was pulled to."""
    of_root = model.root and pulled(lora.model, model.root)
    for place in filter(None, (model.loras and model.loras / lora.model, of_root, pulled(lora.model))):
        file = next(found_in(place, f"**/{lora.file}"), None)
        if file is not None:
            return file
    return None


def _not_here(lora: FamilyLora, family: Family, variant: str, model: ModelSettings) -> str:
    roots = dict.fromkeys(home for home in (model.loras, model.root, models_home()) if home)
    looked = ", ".join(str(home / lora.model) for home in roots)
    return (
        f"{family.name} needs {lora.file} for {variant}, which is not in {looked}; fetch it: wanflow models pull "
        f"{lora.model}"
    )
