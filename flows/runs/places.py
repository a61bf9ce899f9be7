"""Where the embedded Prefect server keeps its database, and the settings that it and the run's process are given."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from flows.runs.database import NAME
from flows.runs.named import Named
from wan.system.files import data_folder

QUIET = {
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

_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy", "ws_proxy", "wss_proxy"})
_OF_A_SERVER = ("PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING", "PREFECT_CLIENT_CUSTOM_HEADERS")


def prefect_home() -> Path:
    """`$XDG_DATA_HOME/wanflow/prefect`: past runs of all projects of a user."""
    return data_folder() / "prefect"


def run_environment(own: Mapping[str, str], home: Path, named: Named | None) -> Mapping[str, str]:
    """For the process that tells Prefect of a run: the person's settings, with a server that they name, or with the
    embedded one (whose address is known to that process later). No profile is read any more: its values are among them.

    A flow run that the person's program is in is none of that process's.
    """
    proxies = named is not None and not named.loopback
    unwanted = () if named is not None else _OF_A_SERVER
    told = {name: value for name, value in own.items() if name not in unwanted}
    return {**_inherited(proxies=proxies), **QUIET, **told, "PREFECT_HOME": str(home)}


def server_environment(home: Path) -> Mapping[str, str]:
    """For the server process: our own environment without settings meant for another server."""
    return {
        **_inherited(proxies=False),
        **QUIET,
        **{f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _UNUSED_SERVICES},
        "PREFECT_HOME": str(home),
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home / NAME}",
        "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "ui"),
        "PREFECT_SERVER_UI_API_URL": "/api",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    }


def _inherited(*, proxies: bool) -> Mapping[str, str]:
    """Nothing of Prefect's, and no proxy where everything is said to the loopback address."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PREFECT_") and (proxies or name.lower() not in _PROXIES)
    }
    package_root = str(Path(__file__).resolve().parents[2])
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, (package_root, kept.get("PYTHONPATH"))))}
