"""The real renderer on machines that differ: each takes the checkpoints that its environment names."""

from __future__ import annotations

import os

from flows.cluster.wan_clips import WanRenderer

KIND = "tests.flows.cluster.elsewhere:LocalRenderer"
ROOT = "WANFLOW_TEST_CHECKPOINTS"


class LocalRenderer(WanRenderer):
    """`WanRenderer` with the checkpoints that lie where this machine keeps them."""

    def __init__(self, *, threads: int) -> None:
        super().__init__(threads=threads, family="tiny", root=os.environ[ROOT], device="cpu")
