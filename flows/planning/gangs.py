"""How a clip is spread over the processes that render it together, and whether it can be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flows.clips import ClipSpec
from flows.errors import Problem
from flows.planning.model import PlannedShot
from flows.settings import ClusterSettings
from wan.errors import RequestError
from wan.parallel.layout import Layout, layout_for

MOST_NAMED = 16
"""Numbers of processes up to which it is said what would do."""


def layout_of(spec: ClipSpec, members: int) -> Layout:
    """Of a clip over so many processes: its prompts apart where every step has two, else its tokens cut."""
    guidance = spec.sampling.guidance_scale
    return layout_for(members, guided=guidance.high != 1.0 and guidance.low != 1.0)


def gang_problems(
    shots: Iterable[PlannedShot], cluster: ClusterSettings, heads: Mapping[str, int]
) -> Iterator[Problem]:
    """Clips to be rendered whose model's attention `heads` (by variant, where they are known) cannot be dealt out: one
    problem for each variant and layout, at the first shot of it."""
    members, said = cluster.members, set[tuple[str, Layout]]()
    if members == 1:
        return
    for shot in shots:
        for take in shot.rendered:
            for clip in take.clips:
                variant, layout = clip.spec.variant, layout_of(clip.spec, members)
                if clip.status == "cached" or variant not in heads or (variant, layout) in said:
                    continue
                said.add((variant, layout))
                if not _fits(layout, heads[variant]):
                    yield _problem(shot, clip.spec, cluster, heads[variant])


def _problem(shot: PlannedShot, spec: ClipSpec, cluster: ClusterSettings, heads: int) -> Problem:
    members = cluster.members
    key = "gang" if cluster.gang else "gpus_per_worker"
    numbers = range(1, MOST_NAMED + 1)
    fitting = [str(number) for number in numbers if _fits(layout_of(spec, number), heads)]
    parts = layout_of(spec, members).sequence
    return Problem(
        shot.place,
        f"cluster.{key}={members}: the {heads} attention heads of {spec.variant} cannot be dealt out over {parts}",
        f"what can be dealt out: cluster.{key}={', '.join(fitting)}",
        shot.id,
    )


def _fits(layout: Layout, heads: int) -> bool:
    try:
        layout.check_heads(heads)
    except RequestError:
        return False
    return True
