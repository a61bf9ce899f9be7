"""A film's process that renders nothing: it does what the order's storyboard says."""

from __future__ import annotations

import os
import signal
import sys

from flows.errors import RenderError, UserError
from flows.runs.messages import Began, Ended, Opened, Said
from flows.runs.order import order_from
from flows.runs.outbox import Outbox
from flows.runs.telling import ended


def main() -> None:
    order = order_from(sys.stdin.buffer.readline())
    outbox = Outbox(sys.stdout.buffer)
    outbox.say(Opened("The told film", order.storyboard, ""), Began("river.launch"), Said("", 20, str(order.overrides)))
    match order.storyboard:
        case "is made":
            outbox.say(Ended("river.launch", "completed", ""), Ended("", "completed", "film.mp4"))
        case "is made in part":
            outbox.say(Ended("", "partly", "3 of 4 films: outputs/spots/index.html\nused 2 min 05 s, 0.31 EUR"))
        case "is refused":
            outbox.say(ended(UserError("boat.yaml:3:1: no such key")))
        case "fails":
            outbox.say(ended(RenderError("one take <late>")))
        case "waits":
            outbox.say(Ended("", "waits", "three shots wait"))
        case "is killed":
            outbox.say(Said("", 20, "soon"))
            outbox.close(5)
            os.kill(os.getpid(), signal.SIGKILL)
        case "hangs":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "goes on":
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            os.read(0, 1) if "until nobody follows" in order.overrides else signal.sigwait([signal.SIGTERM])
            outbox.say(ended(KeyboardInterrupt("stopped")))
    outbox.close(5)


if __name__ == "__main__":
    main()
