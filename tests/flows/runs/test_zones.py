"""Names of time zones, and that of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from prefect.types._datetime import get_timezones

from flows.errors import UserError
from flows.runs import zones
from flows.runs.zones import check_zone, own_zone


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires", "CET"])
def test_a_name_is_one_that_prefect_knows(name: str) -> None:
    assert check_zone(name) in get_timezones()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Europe/New York", "America/New_York"),
        ("Europe/Berlni", "Europe/Berlin"),
        ("utc", "UTC"),
    ],
)
def test_one_that_is_none_is_refused_with_the_one_that_was_meant(name: str, meant: str) -> None:
    with pytest.raises(UserError, match=f"--timezone {name}: there is no such time zone\n    did you mean {meant}?"):
        check_zone(name)


@pytest.mark.parametrize("name", ["", "UTC+2", "localtime", "../../etc/passwd", "posix/Europe/Berlin", "x" * 500])
def test_what_is_like_none_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="there is no such time zone"):
        check_zone(name)


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine's /etc, empty."""
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(zones, "LOCALTIME", tmp_path / "localtime")
    monkeypatch.setattr(zones, "TIMEZONE", tmp_path / "timezone")
    return tmp_path


def test_that_of_the_machine_is_where_its_clock_points(etc: Path) -> None:
    assert own_zone() == "UTC"
    zone = etc / "zoneinfo" / "Europe" / "Berlin"
    zone.parent.mkdir(parents=True)
    zone.write_bytes(b"TZif")
    (etc / "localtime").symlink_to(zone)
    assert own_zone() == "Europe/Berlin"


def test_a_clock_that_is_a_copy_has_its_name_beside_it_or_none(etc: Path) -> None:
    (etc / "localtime").write_bytes(b"TZif")
    with pytest.raises(UserError, match=r"has no name.*\n    say which one you mean: --timezone Europe/Berlin"):
        own_zone()
    (etc / "timezone").write_text("Europe/Paris\n")
    assert own_zone() == "Europe/Paris"


def test_a_variable_counts_if_it_is_a_name(etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ":Asia/Tokyo")
    assert own_zone() == "Asia/Tokyo"
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    with pytest.raises(UserError, match="no name of a time zone"):
        own_zone()
