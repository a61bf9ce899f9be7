"""The reference repository (Wan-Video/Wan2.2) also calls its package `wan`: tell the two apart, in plain words."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from wan.errors import WanError

REFERENCE_NAMES = frozenset(
    {"WanT2V", "WanI2V", "WanTI2V", "WanS2V", "WanAnimate", "configs", "distributed", "modules", "text2video"}
)
_REFERENCE_FILES = ("text2video.py", "image2video.py", "configs")
_OURS = Path(__file__).resolve().parents[1]


def explain(name: str) -> str | None:
    """The message for a name that only the reference's package has; None for any other name."""
    if name not in REFERENCE_NAMES:
        return None
    return (
        f"this `wan` is wanflow's library ({_OURS}) and has no {name!r}: that is part of the package of the same name "
        "in the reference repository, Wan-Video/Wan2.2. One process cannot import both: give the reference a virtual "
        "environment of its own, or use wan.load_pipeline here"
    )


def reference_packages(path: Sequence[str] | None = None) -> list[Path]:
    """Folders `wan/` on the import path (default `sys.path`) that hold the reference's package."""
    folders = []
    for entry in sys.path if path is None else path:
        folder = Path(entry or ".").resolve() / "wan"
        if folder != _OURS and (folder / "__init__.py").is_file():
            folders += [folder] * any((folder / name).exists() for name in _REFERENCE_FILES)
    return folders


def check_import_path(path: Sequence[str] | None = None) -> None:
    """Raises `WanError` when the reference's `wan` is importable too, so that worker processes would mix them up."""
    others = reference_packages(path)
    if others:
        raise WanError(
            f"two packages called `wan` are on the import path: wanflow's ({_OURS}) and the reference repository's "
            f"({others[0]}). Remove {others[0].parent} from PYTHONPATH, or work from another folder"
        )
