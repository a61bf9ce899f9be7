"""The page that lists every file is made from the files, and fresh."""

from __future__ import annotations

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "docs" / "make_tree.py"
_spec = importlib.util.spec_from_file_location("make_tree", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
make_tree = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_tree)


def test_the_page_is_what_the_files_say_now() -> None:
    assert make_tree.PAGE.read_text(encoding="utf-8") == make_tree.tree(), "run: python docs/make_tree.py"


def test_every_file_says_what_it_is_for() -> None:
    silent = [
        path
        for folder in make_tree.FOLDERS
        for path in (make_tree.ROOT / folder).rglob("*.py")
        if path.name != "__init__.py" and not make_tree.purpose(path)
    ]
    assert silent == []
