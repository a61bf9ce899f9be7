"""`python -m flows`: one film, or those of a sweep, by Hydra's command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.__main__ import make
from flows.config.sweep import Job
from flows.errors import SettingsError, StoryboardError, UserError
from tests.flows.batch.sweeps import STORYBOARD, own


def job(folder: Path, *overrides: str) -> Job:
    (folder / "film.yaml").write_text(STORYBOARD)
    return Job(str(folder / "film.yaml"), (*overrides, *own(folder)), None)


def test_jobs_of_a_sweep_are_planned_together_before_anything_is_rendered(tmp_path: Path) -> None:
    jobs = [job(tmp_path, f"storyboard.seed={seed}") for seed in (1, 2, -3)]
    with pytest.raises(StoryboardError) as caught:
        make(jobs, swept=True)
    assert "override storyboard.seed=-3:1:17" in str(caught.value)
    assert not (tmp_path / "outputs").exists()
    with pytest.raises(UserError, match="nothing to compare"):
        make([job(tmp_path)], swept=True)


def test_one_job_is_one_film(tmp_path: Path) -> None:
    with pytest.raises(StoryboardError, match="unknown key 'sed'"):
        make([job(tmp_path, "storyboard.sed=1")], swept=False)


def test_no_job_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Hydra made no film"):
        make([], swept=True)
