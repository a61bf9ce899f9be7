"""What a machine that serves films says to the processes of its runs: in their environment, as Prefect starts them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

VARIABLE = "WANFLOW_SERVED"


@dataclass(frozen=True, slots=True)
class Served:
    """`folder` is where films are made: its `conf/` and `storyboards/` count, outputs are relative to it. `overrides`
    are that machine's. `url` is where the UI of its Prefect server is."""

    folder: str
    overrides: tuple[str, ...]
    url: str

    def tell(self) -> None:
        """To every process that is started from now on."""
        os.environ[VARIABLE] = json.dumps(asdict(self))


def served() -> Served | None:
    """What the machine that we run on says; None: nobody serves here."""
    told = os.environ.get(VARIABLE)
    if told is None:
        return None
    plain = json.loads(told)
    return Served(plain["folder"], tuple(plain["overrides"]), plain["url"])


def run_url(url: str, run: str) -> str:
    """The page of a run in the UI."""
    return f"{url}/runs/flow-run/{run}"
