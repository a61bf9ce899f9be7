"""The wall clock of one process leaps in the middle of a film."""

from __future__ import annotations

from tests.drill.plays import Drill, Play

LEAP_SECONDS = 3600.0


def leaps(whose: str) -> Drill:
    """Of the `driver`, the `keeper` or the `worker` of a clip: an hour ahead, or back. Nobody may lose a lease over it,
    be given up, or wait for an hour."""

    def drill(play: Play) -> None:
        making = play.begin()
        event = play.moment(making, "denoise", (1, 4), 0.3)
        processes = {**play.stage.processes(play.pool), "driver": making.process.pid}
        number = processes[making.worker_of(event) if whose == "worker" else whose]
        clock = play.stage.folder / f"clock-{number}"
        clock.write_text(str(play.chance.choice([LEAP_SECONDS, -LEAP_SECONDS])))
        try:
            document = play.end(making, 0)
        finally:
            clock.unlink()
        play.same(document)
        assert not [e for e in making.events if e.get("event") == "failed"], making.events

    return drill
