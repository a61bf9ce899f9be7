"""Write the JSON Schema and the language reference anew: `python -m flows.storyboard.generate`, in a checkout."""

from __future__ import annotations

from pathlib import Path

from flows.storyboard.reference import reference_text
from flows.storyboard.schema import FILE, schema_text

HERE = Path(__file__).parent
REFERENCE = HERE.parents[1] / "docs" / "storyboard-language.md"


def main() -> None:
    """Write both files and say where."""
    for path, text in ((HERE / FILE, schema_text()), (REFERENCE, reference_text())):
        path.write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
