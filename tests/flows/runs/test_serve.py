"""When the embedded server may leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.runs import serve
from flows.runs.locks import Address, become_client, read_address, write_address
from flows.runs.serve import finished


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "QUIET_SECONDS", 0.2)
    monkeypatch.setattr(serve, "LOOK_SECONDS", 0.02)


def test_not_while_there_is_a_client(tmp_path: Path) -> None:
    with become_client(tmp_path):
        assert not finished(tmp_path)
    assert finished(tmp_path)


def test_it_takes_its_address_away_once_its_database_rests(tmp_path: Path) -> None:
    write_address(tmp_path, Address("http://127.0.0.1:1", 1))
    (tmp_path / "prefect.db-wal").touch()
    assert finished(tmp_path)
    assert read_address(tmp_path) is None


def test_a_folder_that_was_deleted_needs_no_server(tmp_path: Path) -> None:
    assert finished(tmp_path / "gone")
