"""Writes `docs/files.md`: every source file with the first sentence of what it says it is for.

    python docs/make_tree.py

A test keeps the page fresh.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "files.md"
FOLDERS = ("wan", "flows", "benchmarks")
HEAD = """# Every file in one line

Made by `python docs/make_tree.py` from the files' own first lines. How they fit together:
[architecture.md](architecture.md).
"""


def purpose(path: Path) -> str:
    """The first sentence of a module's docstring."""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(said.split("\n\n")[0].split())
    return paragraph.split(". ")[0].rstrip(".")


def tree() -> str:
    """The whole page."""
    lines = [HEAD]
    for folder in FOLDERS:
        lines += [f"## {folder}/", "", "| file | what it is for |", "| --- | --- |"]
        for path in sorted((ROOT / folder).rglob("*.py")):
            if said := purpose(path):
                lines.append(f"| `{path.relative_to(ROOT / folder).as_posix()}` | {said.replace('|', '/')} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(tree(), encoding="utf-8")
