"""Sweeps through `@hydra.main`, so that `--multirun`, its grammar, sweepers and completion are Hydra's own.

A storyboard is no part of Hydra's tree: its overrides travel through Hydra under names of their own (`_disguised`), to
be split at commas and handed to jobs, and each job gets them back as text (`_restored`).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from flows.config.combinations import about_storyboard, plain_text
from flows.config.folders import config_folders
from flows.config.load import register_schema
from flows.config.names import Names, check, parse, without_alias
from flows.errors import SettingsError
from flows.resources import conf_folder

NAME, EDITS = "+storyboard_name=", "+storyboard_edits."


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a sweep: which storyboard, and the overrides of its film."""

    storyboard: str
    overrides: tuple[str, ...]
    config_dir: Path | None


def jobs_of(arguments: Sequence[str]) -> tuple[list[Job], bool]:
    """Run Hydra on a command line; the jobs that it makes of it, and whether they are a sweep (`--multirun`). Nothing
    is done for them: the films of a sweep are planned together. Raises `SettingsError`."""
    config_dir, rest = _config_dir([without_alias(text) for text in arguments])
    folders = config_folders(config_dir)
    _check([text for text in rest if "=" in text or text.startswith("~")], Names.under(folders))
    jobs: list[Job] = []
    modes: set[RunMode] = set()

    def job(config: Any) -> None:
        running = HydraConfig.get()
        mode = running.mode or RunMode.RUN
        modes.add(mode)
        jobs.append(_job(running.overrides.task, mode, config_dir))

    register_schema()
    own = ["--config-dir", str(folders[0])] if len(folders) > 1 else []
    sys.argv = [sys.argv[0], *own, *map(_disguised, rest)]
    hydra.main(version_base="1.3", config_path=str(conf_folder()), config_name="config")(job)()
    return jobs, RunMode.MULTIRUN in modes


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


def _check(overrides: Sequence[str], names: Names) -> None:
    """All of them, before any job is made."""
    if not any(text.startswith("storyboard=") for text in overrides):
        raise SettingsError("no storyboard: python -m flows storyboard=NAME [OVERRIDE]... [--multirun]")
    for text in overrides:
        if text.startswith("hydra/launcher="):
            raise SettingsError(f"{text}: the films of a sweep go through one pool, in this process; leave it out")
        if text.startswith(("hydra.", "hydra/", "+hydra", "~hydra")):
            continue
        if text.startswith(("storyboard=", "storyboard.")):
            parse(text)
        else:
            check(text, names, sweeps=True)


def _disguised(text: str) -> str:
    if text.startswith("storyboard="):
        return NAME + text.partition("=")[2]
    return EDITS + text.removeprefix("storyboard.") if text.startswith("storyboard.") else text


def _restored(text: str) -> str:
    if text.startswith(NAME):
        return "storyboard=" + text.removeprefix(NAME)
    return "storyboard." + text.removeprefix(EDITS) if text.startswith(EDITS) else text


def _job(overrides: Sequence[str], mode: RunMode, config_dir: Path | None) -> Job:
    """What Hydra decided: values of a sweep are written as its grammar has them."""
    task = [_restored(text) for text in overrides]
    name = next(text for text in task if text.startswith("storyboard="))
    others = [text for text in task if text is not name]
    if mode == RunMode.MULTIRUN:
        others = [plain_text(text) if about_storyboard(text) and "=" in text else text for text in others]
    return Job(name.partition("=")[2].strip("'\""), tuple(others), config_dir)
