"""The `wanflow` command: a thin shell over `flows.api`. Each command is one module, imported when it is needed."""

from __future__ import annotations

from flows.cli.main import main

__all__ = ["main"]
