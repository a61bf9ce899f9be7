"""The page for programs has every key of every document, and all that Python offers."""

from __future__ import annotations

import importlib.util
from dataclasses import fields
from pathlib import Path

import flows
from flows.film import FilmResult

SCRIPT = Path(__file__).parents[2] / "docs" / "make_programs.py"
_spec = importlib.util.spec_from_file_location("make_programs", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
make_programs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_programs)


def test_the_page_is_what_the_forms_say_now() -> None:
    assert make_programs.PAGE.read_text(encoding="utf-8") == make_programs.page(), "run: python docs/make_programs.py"


def test_the_page_names_all_that_python_offers() -> None:
    page = make_programs.PAGE.read_text(encoding="utf-8")
    for name in [field.name for field in fields(FilmResult)] + ["load(", "plan(", "render(", "Project", "Settings"]:
        assert f"`{name}" in page, name
    assert set(flows.__all__) >= {"load", "plan", "render", "FilmResult"}
