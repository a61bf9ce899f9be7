"""One play of a drill: the film is begun, something is done to it, and at the end it is the undisturbed one."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from tests.drill.rehearsal import POOL, RAYS_WORDS, Event, Making, Stage


@dataclass(slots=True)
class Play:
    """`chance` decides about the moments; what the drill does, it does `times` times to the film. `lost`: clips that
    are to be rendered once more, since the drill takes them away."""

    stage: Stage
    place: str
    seed: int
    chance: random.Random
    undisturbed: str
    times: int = 1
    pool: str = POOL
    makings: list[Making] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)

    def begin(self, *overrides: str, **how: Any) -> Making:
        """The command."""
        self.makings.append(self.stage.begin(how.pop("place", self.place), *overrides, pool=self.pool, **how))
        return self.makings[-1]

    def moment(
        self, making: Making, stage: str, steps: tuple[int, int], most: float, but: Collection[str] = ()
    ) -> Event:
        """Wait for a step of that stage, of whichever clip of no shot in `but`, and then up to `most` seconds; again
        and again, for later ones. Nothing is learnt from a drill that comes too late: that is an error."""
        step, after = self.chance.randint(*steps), self.chance.uniform(0.0, most)

        def is_it(e: Event) -> bool:
            return e.get("stage") == stage and step <= e["step"] <= steps[1] and e["shot"] not in but

        event = making.until(is_it, after=making.noted)
        assert event is not None, (making.events[-3:], making.words)
        making.noted = making.events.index(event) + 1
        time.sleep(after)
        return event

    def end(self, making: Making, *exit_codes: int) -> Event:
        """Its document, of a command that has ended as it should (0 by itself) and without words of Ray's."""
        document = making.wait()
        assert document.get("exit_code") in (exit_codes or (0,)), (document, making.words, making.events[-5:])
        assert not RAYS_WORDS.search(making.words), making.words
        return document

    def same(self, document: Event) -> None:
        """The film of the undisturbed, and nothing was rendered twice that was in the store."""
        assert self.stage.frames(document) == self.undisturbed, "other frames"
        found = {each for making in self.makings for each in making.renderings if each[0] not in self.lost}
        rendered = sorted(fingerprint for fingerprint, _ in found)
        assert len(rendered) == len(set(rendered)), "rendered twice"

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> int:
        """The keeper, or a worker; returns its process. One that has just been killed may be coming up again."""
        deadline = time.monotonic() + 10.0
        while not (process := self.stage.send(name, how, self.pool)):
            assert time.monotonic() < deadline, f"there is no {name}"
        return process


Drill: TypeAlias = Callable[[Play], None]


def played(
    stage: Stage, drill: Drill, place: str, seed: int, undisturbed: str, *, times: int = 1, own_pool: bool = False
) -> Play:
    """The drill, on one film, with moments that `seed` decides about. `own_pool`: in a pool that has no workers yet."""
    chance = random.Random(f"{place} {seed}")
    pool = f"own-{seed}" if own_pool else POOL
    play = Play(stage, f"{place}-{seed}", seed, chance, undisturbed, times, pool)
    stage.clear()
    try:
        drill(play)
    finally:
        for making in play.makings:
            with suppress(ProcessLookupError):
                making.process.kill()
            making.wait()
        if own_pool:
            stage.down(play.pool)
    return play


def by_turns(*drills: Drill) -> Drill:
    """One of them, as the seed says."""
    return lambda play: drills[play.seed % len(drills)](play)


def of_worker(
    stage: str, steps: tuple[int, int], most: float, how: signal.Signals = signal.SIGKILL, **begin: Any
) -> Drill:
    """The worker of a clip is given a signal up to `most` seconds after one of those steps; then that of another."""

    def drill(play: Play) -> None:
        making = play.begin(**begin)
        struck: dict[str, int] = {}
        for _ in range(play.times):
            event = play.moment(making, stage, steps, most, struck)
            struck[event["shot"]] = play.kill(making.worker_of(event), how)
        play.same(play.end(making))
        assert all(map(ended, struck.values())), "a process is still there"

    return drill


def ended(process: int, seconds: float = 30.0) -> bool:
    """Whether it is gone by then, with its memory and its GPU."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


def of_keeper() -> Drill:
    """The keeper is killed, in the middle or before a clip is begun; then once more."""

    def drill(play: Play) -> None:
        making, shots = play.begin(), list[str]()
        for number in range(play.times):
            if number == 0 and play.seed % 2:
                play.moment(making, "ray", (1, 1), 2.0)
            else:
                shots.append(play.moment(making, "denoise", (1, 6), 0.5, shots)["shot"])
            play.kill("keeper")
        play.same(play.end(making))

    return drill


def of_driver(how: signal.Signals, exit_code: int | None) -> Drill:
    """The command is given a signal, and then it is given once more; `exit_code`: what it ends with."""

    def drill(play: Play) -> None:
        for _ in range(play.times):
            making = play.begin()
            play.moment(making, "denoise", (1, 6), 1.0)
            making.process.send_signal(how)
            if exit_code is None:
                making.wait()
            else:
                play.end(making, exit_code)
        play.same(play.end(play.begin()))

    return drill


def with_trouble(exit_code: int, check: Callable[[Play, Making, Event], None], trouble: Mapping[str, Any]) -> Drill:
    """The renderer gets into trouble; `check` is given the document. After an end with `exit_code` 1 the command is
    given once more, without trouble."""

    def drill(play: Play) -> None:
        told = {name: value(play.chance) if callable(value) else value for name, value in trouble.items()}
        making = play.begin(trouble=told)
        document = play.end(making, exit_code)
        check(play, making, document)
        if exit_code:
            document = play.end(play.begin())
        play.same(document)

    return drill
