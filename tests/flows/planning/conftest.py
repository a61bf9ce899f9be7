"""Films made of hand-written shots, and a world to plan them in."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.config import compose
from flows.errors import Place, Problem, StoryboardError
from flows.planning import Plan, make_plan
from flows.resolve import Snapshot
from flows.settings import Settings
from flows.storyboard.model import Scene, Shot, Storyboard

FILE = "/films/x.yaml"
CHECKPOINTS = {"t2v-a14b": "1" * 64, "i2v-a14b": "2" * 64}

MakeShot = Callable[..., Shot]
MakeFilm = Callable[..., Storyboard]
MakePlan = Callable[..., Plan]


@pytest.fixture(scope="session")
def settings() -> Settings:
    return compose([]).settings


@pytest.fixture
def shot() -> MakeShot:
    """`shot("launch", prompt=..., ...)`; the nth shot is written on line n, every key in its own column."""
    count = 0

    def make(id: str, **values: Any) -> Shot:
        nonlocal count
        count += 1
        line = count
        keys = ["image", "end_image", "continuity", "variant", "duration", "transition", "sampling", "prompt"]
        places = {key: Place(FILE, line, 10 + index) for index, key in enumerate(keys) if key in values}
        defaults: dict[str, Any] = {"prompt": f"a red box rises {id}", "duration": 2.0, "scene": "river"}
        return Shot(id=id, place=Place(FILE, line, 1), places=places, **{**defaults, **values})

    return make


@pytest.fixture
def film() -> MakeFilm:
    """`film(shot, shot, ..., seed=7)`: one scene a name."""

    def make(*shots: Shot, **values: Any) -> Storyboard:
        scenes: dict[str, list[Shot]] = {}
        for one in shots:
            scenes.setdefault(one.scene, []).append(one)
        return Storyboard(
            title="X",
            slug="x",
            path=Path(FILE),
            scenes=tuple(Scene(name, tuple(members)) for name, members in scenes.items()),
            **values,
        )

    return make


@pytest.fixture
def plan(settings: Settings) -> MakePlan:
    """`plan(storyboard, finished=..., render={...}, model="tiny")` in a world where nothing was rendered yet."""

    def make(
        storyboard: Storyboard, *, render: dict[str, Any] | None = None, model: str = "tiny", **world: Any
    ) -> Plan:
        files = {path for one in storyboard.shots for path in (one.image, one.end_image) if path}
        world.setdefault("digests", {path: path.stem.ljust(64, "0") for path in files})
        world.setdefault("checkpoints", CHECKPOINTS)
        world["finished"] = frozenset(world.get("finished", ())).intersection
        chosen = dataclasses.replace(
            settings,
            render=dataclasses.replace(settings.render, **(render or {})),
            model=dataclasses.replace(settings.model, family=model),
        )
        return make_plan(storyboard, chosen, Snapshot(storyboard_digest="0" * 64, **world))

    return make


@pytest.fixture
def problems(plan: MakePlan) -> Callable[..., list[Problem]]:
    """What planning complains about."""

    def find(storyboard: Storyboard, **how: Any) -> list[Problem]:
        with pytest.raises(StoryboardError) as caught:
            plan(storyboard, **how)
        return list(caught.value.problems)

    return find
