"""Schema and reference are written anew by one command."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.storyboard import generate
from flows.storyboard.reference import reference_text
from flows.storyboard.schema import FILE, schema_text


def test_both_files_are_written_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = tmp_path / "reference.md"
    monkeypatch.setattr(generate, "HERE", tmp_path)
    monkeypatch.setattr(generate, "REFERENCE", reference)
    generate.main()
    assert (tmp_path / FILE).read_text(encoding="utf-8") == schema_text()
    assert reference.read_text(encoding="utf-8") == reference_text()
    assert capsys.readouterr().out.split() == [str(tmp_path / FILE), str(reference)]


def test_they_lie_where_people_look() -> None:
    assert generate.REFERENCE.is_file()
    assert (generate.HERE / FILE).is_file()
