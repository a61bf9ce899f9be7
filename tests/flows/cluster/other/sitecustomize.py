"""Read by a Python process of `tests.flows.cluster.other_software` when it starts: gives it another Ray or Python."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import platform
import sys
import types

RAY, PYTHON = os.environ.get("WANFLOW_TEST_RAY"), os.environ.get("WANFLOW_TEST_PYTHON")


class Version(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """The module in which Ray says its version."""

    def find_spec(self, name: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self) if name == "ray._version" else None

    def exec_module(self, module: types.ModuleType) -> None:
        vars(module).update(version=RAY, commit="another")


if RAY is not None:
    sys.meta_path.insert(0, Version())
if PYTHON is not None:
    told = PYTHON
    platform.python_version = lambda: told
