"""The command, with a renderer that gets into trouble (`tests.flows.cluster.drilled`); all else is its own.

python -m tests.drill.driven '{"folder": FOLDER, "trouble": "fail", "stage": "denoise", "step": 2}' render film.yaml ...
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import flows.cluster
from flows.cli.main import main
from flows.cluster.renderers import RendererSpec
from flows.settings import Settings
from tests.flows.cluster.drilled import drilled


def run() -> None:
    told = json.loads(sys.argv[1])
    plain = flows.cluster.wan_renderer

    def wan_renderer(settings: Settings) -> RendererSpec:
        return drilled(plain(settings), Path(told["folder"]), **{k: told[k] for k in told if k != "folder"})

    flows.cluster.wan_renderer = wan_renderer
    main(sys.argv[2:])


if __name__ == "__main__":
    run()
