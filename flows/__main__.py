"""Hydra's own entry: `python -m flows storyboard=paper_boat storyboard.seed=1,2,3 --multirun`.

Hydra splits the command line into films; they are made as those of `wanflow sweep` are, by one pool, and end on one
sheet. Without `--multirun` it makes the one film, as `wanflow render`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from flows.config.sweep import Job, jobs_of
from flows.errors import SettingsError


def make(jobs: Sequence[Job], *, swept: bool) -> None:
    """The films of these jobs. Raises what making them raises."""
    if not jobs:
        raise SettingsError("Hydra made no film of this: a launcher of another process cannot be used")
    first = jobs[0]
    if not swept:
        from flows.cli.render import render_film

        render_film(first.storyboard, first.overrides, config_dir=first.config_dir)
        return
    from flows.batch.sweep import Sweep
    from flows.cli.sweep import make_all

    films = tuple((f"storyboard={job.storyboard}", *job.overrides) for job in jobs)
    make_all(Sweep(films=films, config_dir=first.config_dir), as_json=False, as_events=False)


if __name__ == "__main__":
    from flows.cli.outcome import exit_code_of

    with exit_code_of(sys.argv[1:], debug=False):
        made, many = jobs_of(sys.argv[1:])
        if made or many:
            make(made, swept=many)
