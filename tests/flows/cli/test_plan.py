"""`wanflow plan`: the table and the next command for people, a document for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli.forms import FORMS
from flows.cli.plan import command
from tests.flows.cli.conforming import faults
from tests.flows.film.filming import STORYBOARD


@pytest.fixture
def film(tmp_path: Path) -> list[str]:
    """A storyboard, and a store of its own."""
    (tmp_path / "film.yaml").write_text(STORYBOARD)
    return [str(tmp_path / "film.yaml"), f"store.address={tmp_path / 'store'}"]


def run(*arguments: str) -> str:
    result = CliRunner().invoke(command, [*arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_people_read_a_table_and_the_command_that_renders_it(film: list[str]) -> None:
    text = run(*film, "--draft", "storyboard.title=A boat")
    assert "river.launch" in text
    file, store = film
    assert text.rstrip().endswith(f"Render it: wanflow render {file} --draft {store} 'storyboard.title=A boat'")


def test_without_weights_there_is_nothing_to_render_with(film: list[str]) -> None:
    text = run(*film, "--no-weights")
    assert "Planned without weights" in text
    assert "Render it" not in text


def test_programs_read_a_document(film: list[str]) -> None:
    document = json.loads(run(*film, "--json"))
    assert list(faults(document, FORMS["plan"])) == []
    assert document["weights"] is True
    assert json.loads(run(*film, "--json", "--no-weights"))["weights"] is False
