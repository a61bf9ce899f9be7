"""Where pulled models lie, and whether one is there. Planning asks this: standard library only."""

from __future__ import annotations

import os
from pathlib import Path

from wan.system.files import data_folder

MANIFEST = "wanflow.json"
"""In every pulled folder; its presence says that the folder is whole."""


def models_home() -> Path:
    """`$WANFLOW_MODELS`, else `$XDG_DATA_HOME/wanflow/models`."""
    if chosen := os.environ.get("WANFLOW_MODELS"):
        return Path(chosen).expanduser()
    return data_folder() / "models"


def folder_of(name: str, root: Path | None = None) -> Path:
    """Where the model of that name in the catalog lies once it is pulled."""
    return (root if root is not None else models_home()) / name


def partial_of(folder: Path) -> Path:
    """Where it grows until it is whole."""
    return folder.with_name(f"{folder.name}.partial")


def pulled(name: str, root: Path | None = None) -> Path | None:
    """The folder of a model that was pulled and is whole; None if it is not here."""
    folder = folder_of(name, root)
    return folder if (folder / MANIFEST).is_file() else None
