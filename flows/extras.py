"""What a machine that renders needs beside what plans and submits: the extra `wanflow[render]`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, requires, version

from flows.errors import EnvironmentProblem

RENDER = "render"
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def check_can_render() -> None:
    """Raises EnvironmentProblem that names what is not installed, and what to do."""
    try:
        asked = requires("wanflow") or []
    except PackageNotFoundError:  # from a checkout that was not installed: what is missing is said when it is imported
        return
    if lacking := list(missing(asked)):
        raise EnvironmentProblem(
            f"this machine cannot render: {listed(lacking)} not installed\n"
            f"    pip install 'wanflow[{RENDER}]', or have it done by one that can: wanflow submit"
        )


def missing(requirements: Sequence[str], extra: str = RENDER) -> Iterator[str]:
    """The packages of an extra that are not installed; `requirements` as a package's metadata has them."""
    for text in requirements:
        name = _NAME.match(text)
        if name is None or not re.search(rf"extra\s*==\s*['\"]{extra}['\"]", text):
            continue
        try:
            version(name[0])
        except PackageNotFoundError:
            yield name[0]


def listed(names: Sequence[str]) -> str:
    """`torch is`, `torch and ray are`, `torch, ray and 4 more are`."""
    if len(names) == 1:
        return f"{names[0]} is"
    if len(names) == 2:
        return f"{names[0]} and {names[1]} are"
    return f"{names[0]}, {names[1]} and {len(names) - 2} more are"
