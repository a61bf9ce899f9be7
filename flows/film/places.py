"""Where the embedded Prefect server keeps its database, and the settings it and its clients run with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from wan.files import data_folder

_QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}

_UNUSED_SERVICES = (
    "SCHEDULER",
    "LATE_RUNS",
    "FOREMAN",
    "CANCELLATION_CLEANUP",
    "PAUSE_EXPIRATIONS",
    "REPOSSESSOR",
    "TRIGGERS",
)
"""An embedded server has no deployments; each of these would wake up every few seconds for nothing."""


def prefect_home() -> Path:
    """`$XDG_DATA_HOME/wanflow/prefect`: past runs of all projects of a user."""
    return data_folder() / "prefect"


def client_environment(home: Path | None) -> Mapping[str, str]:
    """For a process that runs flows; `home` None when a server of one's own (`PREFECT_API_URL`) is used."""
    return dict(_QUIET) if home is None else {**_QUIET, "PREFECT_HOME": str(home)}


def server_environment(home: Path) -> Mapping[str, str]:
    """For the server process: our own environment without settings meant for another server."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    package_root = str(Path(__file__).resolve().parents[2])
    return {
        **inherited,
        **_QUIET,
        **{f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _UNUSED_SERVICES},
        "PYTHONPATH": os.pathsep.join(filter(None, (package_root, inherited.get("PYTHONPATH")))),
        "PREFECT_HOME": str(home),
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home / 'prefect.db'}",
        "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "ui"),
        "PREFECT_SERVER_UI_API_URL": "/api",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    }
