"""`wanflow serve`: checks what a person has set, and becomes the process that serves films."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from flows.config import compose
from flows.extras import check_can_render
from flows.resources import working_folder
from flows.runs.named import named_server
from flows.runs.places import prefect_home, run_environment
from flows.runs.profiles import own_settings
from flows.runs.serving import Serving

AT_ONCE = 8
"""Films that are made at once where workers are a cluster's: it is the cluster that has room for them or not."""


def serve_films(overrides: Sequence[str] = (), limit: int | None = None) -> NoReturn:
    """Offer the deployment `film`, and make what is asked for, until stopped. Does not return: this process is another
    one then, in a folder where no project's settings of Prefect lie.

    Raises SettingsError, EnvironmentProblem.
    """
    check_can_render()
    settings = compose(overrides).settings
    own, named = own_settings(), named_server()
    if named is not None:
        named.check()
    serving = Serving(
        folder=str(working_folder()),
        overrides=tuple(overrides),
        limit=limit or (1 if settings.cluster.address is None else AT_ONCE),
        embedded=named is None,
    )
    home = prefect_home()
    environment = run_environment(own, home, named)
    home.mkdir(parents=True, exist_ok=True)
    os.chdir(home)
    os.execve(sys.executable, [sys.executable, "-P", "-m", "flows.runs.serving", serving.to_text()], environment)
