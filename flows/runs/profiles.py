"""What a person has told Prefect: the settings of the active profile, beside those of the environment.

Read without importing Prefect, which takes seconds. What lies in the working folder (`prefect.toml`, `.env`,
`pyproject.toml`) belongs to the project there, and is not read: neither here nor by the processes we start.
"""

from __future__ import annotations

import importlib.util
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flows.errors import EnvironmentProblem

_PLACES = ("PREFECT_PROFILE", "PREFECT_PROFILES_PATH", "PREFECT_HOME")
"""Where settings are read from; once they are read, these say nothing more."""


def own_settings() -> Mapping[str, str]:
    """`PREFECT_...` to its value: the environment's, and where it is silent the active profile's. Blanks are none.

    Raises EnvironmentProblem that names a file which cannot be read, or a profile that is not in it.
    """
    told = {name: value for name, value in os.environ.items() if _is_setting(name) and value.strip()}
    return {name: value for name, value in {**_profile(told), **told}.items() if name not in _PLACES}


def _is_setting(name: str) -> bool:
    """Two underscores are Prefect's own: which flow run a process is in."""
    return name.startswith("PREFECT_") and not name.startswith("PREFECT__")


def named_setting(path: Sequence[str], value: object, settings: Mapping[str, str]) -> str:
    """The variable that Prefect means by the path of a field (`request_timeout`) and the value it had, with that."""
    end = "_" + path[-1].upper() if path else ""
    alike = (name for name in sorted(settings) if _is_setting(name) and name.endswith(end))
    variable = next((name for name in alike if settings[name] == str(value)), None)
    return f"{variable}={settings[variable]}" if variable else f"{'.'.join(path)}={value}"


def profiles_file() -> Path:
    """Where Prefect keeps a person's profiles; it need not exist."""
    named = os.environ.get("PREFECT_PROFILES_PATH", "").strip()
    home = os.environ.get("PREFECT_HOME", "").strip() or "~/.prefect"
    return Path(named or Path(home, "profiles.toml")).expanduser()


def _profile(told: Mapping[str, str]) -> Mapping[str, str]:
    path = profiles_file()
    own = _read(path)
    name = told.get("PREFECT_PROFILE") or own.get("active")
    if name is None:
        return {}
    profiles = {**_shipped(), **_table(own.get("profiles", {}), path)}
    if name not in profiles:
        place = "PREFECT_PROFILE" if "PREFECT_PROFILE" in told else f"{path}: active"
        there = ", ".join(sorted(profiles))
        raise EnvironmentProblem(f"Prefect's settings: {place}: there is no profile {name!r}\n    there are {there}")
    return {key: str(value) for key, value in _table(profiles[name], path).items() if str(value).strip()}


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise EnvironmentProblem(
            f"Prefect's settings: {path}: {why}\n    mend it, or name another folder: PREFECT_HOME"
        ) from error


def _shipped() -> Mapping[str, Any]:
    """Those that every Prefect has, like `local`."""
    prefect = importlib.util.find_spec("prefect")
    folders = (prefect.submodule_search_locations or ()) if prefect else ()
    return {name: profile for folder in folders for name, profile in _read_shipped(Path(folder)).items()}


def _read_shipped(package: Path) -> Mapping[str, Any]:
    profiles: Mapping[str, Any] = _read(package / "settings" / "profiles.toml").get("profiles", {})
    return profiles


def _table(value: object, path: Path) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise EnvironmentProblem(f"Prefect's settings: {path}: a profile is a table: [profiles.NAME]")
    return value
