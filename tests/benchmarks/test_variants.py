"""The page says what the results say."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from benchmarks import variants
from benchmarks.gpu.models import TRANSFORMERS, transformer_class
from benchmarks.variants_docs import PAGE, with_section
from wan.variants import VARIANTS


def test_the_benchmarks_page_is_made_from_the_results() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_section(page) == page, "run: python -m benchmarks.variants --docs"


@pytest.mark.parametrize("variant", sorted(TRANSFORMERS))
def test_the_models_that_are_measured_have_the_released_size(variant: str) -> None:
    with torch.device("meta"):
        model = transformer_class(variant)(**TRANSFORMERS[variant][1])
    parameters = sum(weight.numel() for weight in model.parameters())
    assert parameters == pytest.approx(VARIANTS[variant].transformer.parameters, rel=2e-3)


def _asked(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr("sys.argv", ["variants", *arguments])
    variants.main()


def test_a_size_that_no_job_has_is_refused_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run.jsonl"
    with pytest.raises(SystemExit, match="--sizes 1280x702: these jobs measure 832x480, 1280x720"):
        _asked(monkeypatch, "--out", str(run), "--jobs", "t2v", "--sizes", "832x480,1280x702")
    assert not run.exists()


def test_a_job_of_one_clip_takes_its_whole_time(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: list[float] = []
    plain = {"repeats": None, "no_stock": False, "attention": "auto"}
    out = SimpleNamespace(wants=lambda job, seconds: wanted.append(seconds))
    for job, sizes in (("ti2v", "1280x704"), ("t2v", "1280x720"), ("t2v", None)):
        asked = Namespace(toy=False, short=False, folder=Path(), sizes=sizes, **plain)
        variants._run_job(out, job, asked)  # type: ignore[arg-type]
    assert wanted == [35, 75, 150]


def test_rows_of_a_run_cut_short_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variants, "RESULTS", tmp_path / "results")
    rows = [{"what": "machine", "gpu": "H200"}, {"what": "step", "seconds": 1.0}]
    run = tmp_path / "run.jsonl"
    run.write_text("".join(json.dumps(row) + "\n" for row in rows))
    variants.keep(run)
    kept = json.loads((tmp_path / "results" / "run.json").read_text())
    assert kept == {"machine": {"gpu": "H200"}, "rows": [rows[1]]}
