"""Who sits at this machine is asked in one place."""

from __future__ import annotations

from pathlib import Path

import pytest

import flows
from flows.person import person


def test_where_the_system_knows_nobody_there_is_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    assert person() == "ada"
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)
    assert person() == ""


def test_nobody_else_asks_the_system() -> None:
    root = Path(flows.__file__).parent
    asking = {file.relative_to(root).as_posix() for file in root.rglob("*.py") if "getpass" in file.read_text("utf-8")}
    assert asking == {"person.py"}
