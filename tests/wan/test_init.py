"""What `import wan` gives, and what it must not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import wan
from wan.families import Family

ROOT = Path(wan.__file__).parents[1]
BLOCK = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ImportError(f"{{name}} is blocked in this test")

sys.meta_path.insert(0, Blocked())
"""


def _run(code: str, blocked: set[str]) -> str:
    script = BLOCK.format(blocked=blocked) + code
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_public_name_exists_and_has_a_docstring() -> None:
    for name in wan.__all__:
        assert getattr(wan, name) is not None
        assert name in dir(wan)
    for name in ("Checkpoint", "Pipeline", "State", "load_pipeline"):
        assert getattr(wan, name).__doc__


def test_planning_needs_no_torch() -> None:
    code = """
from wan import FAMILIES, VARIANTS, Checkpoint, ClipRequest, Sampling, RequestError
import wan.weights.checkpoint
from wan.frames.geometry import num_frames_at_least
from wan.sampling import schedule
from wan.validate import check_request
import wan.system.mixup, wan.convert
print(int(schedule(VARIANTS["t2v-a14b"].sampling).high_noise.sum()))
"""
    assert _run(code, {"torch", "diffusers", "transformers"}).strip() == "26"


def test_the_library_renders_without_what_films_need(family: Family) -> None:
    code = f"""
from pathlib import Path
from wan import Checkpoint, ClipRequest, Guidance, Sampling, load_pipeline
shared = {{name: Path({str(family.root)!r}, "shared", name) for name in ("vae", "text_encoder", "tokenizer")}}
checkpoint = Checkpoint.at(Path({str(family.root)!r}, "t2v-a14b"), "t2v-a14b", shared=shared)
pipeline = load_pipeline("t2v-a14b", checkpoint, device="cpu")
sampling = Sampling(2, 5.0, Guidance(2, 2), boundary_ratio=0.875)
request = ClipRequest(prompt="a red boat", width=32, height=32, num_frames=5, sampling=sampling, seed=1)
print(pipeline.decode(pipeline.advance(pipeline.encode(request))).shape)
"""
    blocked = {"ray", "prefect", "hydra", "omegaconf", "flows", "ffmpeg", "minio", "pyarrow"}
    assert _run(code, blocked).strip() == "(5, 32, 32, 3)"
