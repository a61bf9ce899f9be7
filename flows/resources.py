"""Where the shipped files lie: beside the packages in a checkout, inside `flows` in a wheel."""

from __future__ import annotations

from pathlib import Path

from flows.errors import EnvironmentProblem

_PACKAGE = Path(__file__).parent
_SHIPPED = _PACKAGE / "_data"


def _folder(name: str) -> Path:
    """`name` in the wheel's data if that is what runs, else in the checkout."""
    return _SHIPPED / name if _SHIPPED.is_dir() else _PACKAGE.parent / name


def conf_folder() -> Path:
    """The Hydra groups that ship with wanflow."""
    return _folder("conf")


def examples_folder() -> Path:
    """The example storyboards, their assets, and the looks, casts and soundtracks they share."""
    return _folder("storyboards")


def working_folder() -> Path:
    """Where the person stands. Raises EnvironmentProblem when somebody has deleted it."""
    try:
        return Path.cwd()
    except OSError as error:
        raise EnvironmentProblem(f"the folder you are in cannot be read ({error.strerror}); go to another") from error


def storyboard_folders(working: Path | None = None) -> tuple[Path, ...]:
    """Where a storyboard is looked for by name: the project's `storyboards/`, the folder itself, the examples."""
    here = working or working_folder()
    return (here / "storyboards", here, examples_folder())
