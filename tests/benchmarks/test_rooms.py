from __future__ import annotations

import ast
from pathlib import Path

import pytest

from benchmarks import rooms


@pytest.mark.parametrize(
    ("source", "tests"),
    [
        ("wan/frames/geometry.py", ("tests/wan/frames/test_geometry.py",)),
        ("wan/__init__.py", ("tests/wan/test_init.py",)),
        ("wan/tiny/train/__main__.py", ("tests/wan/tiny/train/test_main.py",)),
        ("wan/tiny/judge.py", ("tests/wan/tiny/test_judge.py",)),
    ],
)
def test_a_newcomer_finds_the_tests_of_a_file(source: str, tests: tuple[str, ...]) -> None:
    assert rooms.tests_of(Path(source)) == tests


def test_what_is_tested_whole_is_tested_where_the_rule_says() -> None:
    for source in ("wan/tiny/train/vae.py", "wan/tiny/measure_faces.py", "wan/tiny/render.py"):
        places = rooms.tests_of(Path(source))
        assert len(places) == 2
        assert all((Path(__file__).parents[2] / place).exists() for place in places)


def test_files_without_code_of_their_own_need_no_tests(tmp_path: Path) -> None:
    source = {
        Path("wan/table.py"): ast.parse("ROWS = (1, 2)"),
        Path("wan/protocol.py"): ast.parse("class P:\n    def size(self) -> int:\n        'Bytes.'\n        ...\n"),
        Path("wan/computing.py"): ast.parse("def double(x):\n    y = 2 * x\n    return y\n"),
    }
    assert rooms.unmirrored(tmp_path, source) == ["wan/computing.py"]


def test_modules_that_import_each_other_are_a_cycle() -> None:
    assert rooms.cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert rooms.cycles({"a": {"b"}, "b": set()}) == []
