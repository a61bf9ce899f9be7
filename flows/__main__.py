"""Hydra's own entry, for sweeps: `python -m flows storyboard=paper_boat storyboard.seed=1,2,3 --multirun`.

Every job renders one variation into `outputs/<slug>/<override>/`. `wanflow render` is the command for one film.
"""

from __future__ import annotations

import sys

from flows.config.sweep import Job, sweep


def render(job: Job) -> None:
    """One job of the sweep."""
    from flows.cli.outcome import report
    from flows.cli.problems import STOPPED
    from flows.cli.render import render_film

    if job.subfolder:
        print(f"\n{job.subfolder}", flush=True)
    try:
        render_film(job.storyboard, job.overrides, config_dir=job.config_dir)
    except Exception as error:  # reported and counted: one variation that fails must not stop the others
        job.codes.append(code := report(error, sys.argv[1:]))
        if code == STOPPED:
            raise KeyboardInterrupt from error


if __name__ == "__main__":
    from flows.cli.outcome import exit_code_of

    with exit_code_of(sys.argv[1:], debug=False):
        sys.exit(sweep(sys.argv[1:], render))
