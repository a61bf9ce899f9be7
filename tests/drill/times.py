"""The wall clock of one process leaps in the middle of a film."""

from __future__ import annotations

from pathlib import Path

from tests.drill.plays import Play

LEAP_SECONDS = 3600.0


WHOSE = ("driver", "keeper", "worker")


def leaps(play: Play) -> None:
    """Of the driver, the keeper or the worker of a clip: an hour ahead, or back; then of the next. Nobody may lose a
    lease over it, be given up, or wait for an hour."""
    making, clocks, shots = play.begin(), list[Path](), list[str]()
    try:
        for number in range(play.times):
            whose = WHOSE[(play.seed + number) % len(WHOSE)]
            event = play.moment(making, "denoise", (1, 4), 0.3, shots)
            shots.append(event["shot"])
            processes = {**play.stage.processes(play.pool), "driver": making.process.pid}
            process = processes[making.worker_of(event) if whose == "worker" else whose]
            clocks.append(play.stage.folder / f"clock-{process}")
            clocks[-1].write_text(str(play.chance.choice([LEAP_SECONDS, -LEAP_SECONDS])))
        document = play.end(making, 0)
    finally:
        for clock in clocks:
            clock.unlink()
    play.same(document)
    assert not [e for e in making.events if e.get("event") == "failed"], making.events
