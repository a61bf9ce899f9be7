"""Plans made by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from flows.config import compose
from flows.planning.model import Clip, Plan, PlannedShot, Status, Take, Totals
from flows.storyboard.model import Storyboard, Transition
from tests.flows.made import a_clip
from wan.request import Guidance, Sampling


def clip(fingerprint: str, status: Status = "new") -> Clip:
    """A clip of four steps."""
    sampling = Sampling(4, 5.0, Guidance(4.0, 3.0), "unipc", 0.875)
    return a_clip(fingerprint, sampling=sampling, keep=33, status=status, estimated_seconds=4.0)


def take(*clips: Clip, why: str = "new shot") -> Take:
    """One take of these clips."""
    return Take(7, clips[-1].fingerprint, clips[-1].status, why, clips)


def shot(name: str, *takes: Take) -> PlannedShot:
    """A shot of two seconds."""
    return PlannedShot(
        id=name,
        scene=name.split(".")[0],
        num_frames=32,
        fps=16,
        takes=tuple(replace(each, number=number) for number, each in enumerate(takes, 1)),
        depends_on=(),
        transition=Transition(),
        estimated_seconds=4.0,
    )


def plan(*shots: PlannedShot, warnings: tuple[str, ...] = ()) -> Plan:
    """A plan of these shots, whose title looks like markup."""
    takes = [take for each in shots for take in each.takes]
    cached = sum(take.status == "cached" for take in takes)
    return Plan(
        title="The [bold] boat",
        slug="boat",
        storyboard_digest="d",
        width=1280,
        height=720,
        fps=16,
        shots=shots,
        critical_path=("a.one", "a.two"),
        totals=Totals(len(shots), len(takes), cached, 64, 4.0, 75.0, 2, "rough", 14.0, 6.0),
        assets={},
        warnings=warnings,
        storyboard=Storyboard(title="t", slug="t", path=Path("t.yaml"), scenes=()),
        settings=compose().settings,
    )
