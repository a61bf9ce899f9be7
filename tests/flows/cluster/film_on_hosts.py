"""A film's driver on a host of a network: prints what happens, a JSON object a line, with the seconds since it began.

python film_on_hosts.py STORE FOLDER '{"address": HOST:PORT, ...}' PROMPT...
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace

from flows.cluster import RendererSpec, open_pool
from flows.config import compose
from flows.errors import FlowsError
from tests.flows.cluster.clips import real_clip
from tests.flows.cluster.troubled import KIND


def main() -> None:
    began = time.monotonic()
    store, folder, cluster, *prompts = sys.argv[1:]
    usual = replace(compose(["cluster=ray"]).settings.cluster, gpus_per_worker=0.0)
    settings = replace(usual, **json.loads(cluster))
    clips = {clip.fingerprint: clip.spec.prompt for clip in map(real_clip, prompts)}
    try:
        with open_pool(settings, RendererSpec(KIND, {"folder": folder}), store) as pool:
            pool.submit([real_clip(prompt) for prompt in prompts])
            for event in pool.events():
                what = {"kind": type(event).__name__, "clip": clips.get(event.fingerprint, "")}
                for name in ("worker", "message", "attempt", "final", "cached"):
                    what[name] = getattr(event, name, None)
                print(json.dumps({**what, "at": round(time.monotonic() - began, 2)}), flush=True)
    except FlowsError as error:
        print(
            json.dumps({"kind": "error", "message": str(error), "at": round(time.monotonic() - began, 2)}), flush=True
        )


if __name__ == "__main__":
    main()
