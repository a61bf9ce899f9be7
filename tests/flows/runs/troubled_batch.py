"""A batch's process whose renderer gets into trouble when a prompt says so; it notes what it renders in its folder."""

from __future__ import annotations

from pathlib import Path

from flows.cluster import RendererSpec
from flows.runs.filming import main
from tests.flows.cluster.troubled import KIND

if __name__ == "__main__":
    main(renderer=RendererSpec(KIND, {"folder": str(Path.cwd())}))
