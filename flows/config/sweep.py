"""Sweeps through `@hydra.main`, so that `--multirun`, sweepers, launchers and completion are Hydra's own.

A storyboard is no part of Hydra's tree: its overrides travel through Hydra under names of their own (`_disguised`), to
be split at commas and handed to jobs, and each job gets them back as text (`_restored`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from flows.config.folders import config_folders
from flows.config.load import register_schema
from flows.config.names import Names, check, parse, without_alias
from flows.errors import SettingsError
from flows.resources import conf_folder

NAME, EDITS = "+storyboard_name=", "+storyboard_edits."
LONGEST = 80
"""Characters of a subfolder's name."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a sweep: what to render, and the list that its exit code goes to when it fails."""

    storyboard: str
    overrides: tuple[str, ...]
    subfolder: str | None
    config_dir: Path | None
    codes: list[int]


def sweep(arguments: Sequence[str], render: Callable[[Job], None]) -> int:
    """Run Hydra on a command line and `render` on each of its jobs; the worst exit code. Raises `SettingsError`."""
    config_dir, rest = _config_dir([without_alias(text) for text in arguments])
    folders = config_folders(config_dir)
    swept = _swept_keys([text for text in rest if "=" in text or text.startswith("~")], Names.under(folders))
    codes: list[int] = []

    def job(config: Any) -> None:
        render(_job(swept, config_dir, codes))

    register_schema()
    own = ["--config-dir", str(folders[0])] if len(folders) > 1 else []
    sys.argv = [sys.argv[0], *own, *map(_disguised, rest)]
    hydra.main(version_base="1.3", config_path=str(conf_folder()), config_name="config")(job)()
    return max(codes, default=0)


def _config_dir(arguments: Sequence[str]) -> tuple[Path | None, list[str]]:
    """Take `--config-dir DIR` out: its options come before the shipped ones, which Hydra would not do."""
    rest = list(arguments)
    for index, text in enumerate(arguments):
        option, joined, value = text.partition("=")
        if option in ("--config-dir", "-cd") and (joined or index + 1 < len(rest)):
            value = value if joined else rest[index + 1]
            del rest[index : index + (1 if joined else 2)]
            return Path(value), rest
    return None, rest


def _swept_keys(overrides: Sequence[str], names: Names) -> frozenset[str]:
    """Check all overrides, before any job is started; the keys that are given several values."""
    if not any(text.startswith("storyboard=") for text in overrides):
        raise SettingsError("no storyboard: python -m flows storyboard=NAME [OVERRIDE]... [--multirun]")
    keys = set()
    for text in overrides:
        if text.startswith(("hydra.", "hydra/", "+hydra", "~hydra")):
            continue
        ours = text.startswith(("storyboard=", "storyboard."))
        override = parse(text) if ours else check(text, names, sweeps=True)
        if override.is_sweep_override():
            keys.add(override.key_or_group)
    return frozenset(keys)


def _disguised(text: str) -> str:
    if text.startswith("storyboard="):
        return NAME + text.partition("=")[2]
    return EDITS + text.removeprefix("storyboard.") if text.startswith("storyboard.") else text


def _restored(text: str) -> str:
    if text.startswith(NAME):
        return "storyboard=" + text.removeprefix(NAME)
    return "storyboard." + text.removeprefix(EDITS) if text.startswith(EDITS) else text


def _job(swept: frozenset[str], config_dir: Path | None, codes: list[int]) -> Job:
    """What Hydra decided for the job that is running."""
    running = HydraConfig.get()
    task = [_restored(text) for text in running.overrides.task]
    name = next(text for text in task if text.startswith("storyboard="))
    folder = None
    if running.mode == RunMode.MULTIRUN:
        folder = subfolder([text for text in task if not swept or text.partition("=")[0].lstrip("+") in swept])
    own = [f"film.subfolder='{folder}'"] if folder else []
    overrides = (*own, *(text for text in task if text is not name))
    return Job(name.partition("=")[2].strip("'\""), overrides, folder, config_dir, codes)


def subfolder(overrides: Sequence[str]) -> str:
    """The name of a variation's folder: `seed=2,render=draft`. Long ones end in a digest."""
    name = ",".join(text.removeprefix("storyboard.") for text in overrides)
    safe = re.sub(r"[^A-Za-z0-9._=,-]+", "-", name).strip(".-") or "variation"
    if len(safe) <= LONGEST:
        return safe
    return f"{safe[: LONGEST - 9]}-{sha256(name.encode()).hexdigest()[:8]}"
