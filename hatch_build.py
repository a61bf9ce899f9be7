"""Put the files that lie beside the packages (conf, example storyboards) into the wheel, as `flows/_data/`.

Not into an editable install: there they are read from the checkout (`flows.resources`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NOT_SHIPPED = {"conf/local", "__pycache__"}
SUFFIXES_NOT_SHIPPED = {".py"}
"""What draws the examples' pictures needs a checkout."""


class ShippedData(BuildHookInterface):
    """Runs for every wheel; `version` is `standard` or `editable`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name each file on its own, so that a machine's own settings stay out."""
        if version != "standard":
            return
        root = Path(self.root)
        for folder in ("conf", "storyboards"):
            for file in sorted((root / folder).rglob("*")):
                name = file.relative_to(root).as_posix()
                if file.suffix in SUFFIXES_NOT_SHIPPED or any(f"{out}/" in name for out in NOT_SHIPPED):
                    continue
                if file.is_file():
                    build_data["force_include"][name] = f"flows/_data/{name}"
