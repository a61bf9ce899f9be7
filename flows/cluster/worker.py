"""A worker: the Ray actor that holds a renderer and renders clip after clip, telling what happens as events.

Rendering runs on one thread of its own; the actor's thread passes events on and looks for cancellation, so that a stop
is seen within `LOOK_SECONDS` and acted on at the next step.
"""

from __future__ import annotations

import logging
import os
import platform
import queue
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeAlias

from flows.cluster.failures import Fault, NodeFault, fault_of
from flows.cluster.renderers import Renderer, RendererSpec, build_renderer
from flows.errors import FlowsError, Stopped
from flows.events import Event, Finished, Log, Progress
from flows.planning.model import Clip
from flows.store import ANOTHER, open_store
from flows.store.identity import identity
from wan.errors import WanError

LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Warm:
    """A worker's word to the pool, not to people: the variants it holds now."""

    variants: frozenset[str]


Message: TypeAlias = Event | Warm | Fault


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """Where a worker runs: the machine's name, Ray's id of it, and the process."""

    node: str
    node_id: str
    pid: int


class Worker:
    """Renders one clip at a time. The store is asked first: somebody else may have finished the clip."""

    def __init__(self, name: str, spec: RendererSpec, store_address: str, store_identity: bytes, threads: int) -> None:
        self._name = name
        self._store = open_store(store_address)
        self._store_identity = store_identity
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="render")
        self._renderer: Future[Renderer] = self._thread.submit(build_renderer, spec, threads)

    def facts(self) -> WorkerFacts:
        """Answers as soon as the process is up; the renderer may still be importing its libraries."""
        import ray  # here alone, so that the pool's module imports without it

        return WorkerFacts(platform.node(), ray.get_runtime_context().get_node_id(), os.getpid())

    def render(self, clip: Clip) -> Iterator[Message]:
        """Render and publish `clip`; the stream ends with `Finished` or `Fault`, or early when it was cancelled."""
        outbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        stop = threading.Event()
        with _logs_forwarded(clip.fingerprint, outbox.put):
            job = self._thread.submit(self._work, clip, outbox.put, stop)
            job.add_done_callback(lambda _: outbox.put(None))
            yield from _until_none(outbox, _is_canceled)
            stop.set()  # without effect on a job that is done; a cancelled one must leave the renderer idle
            error = job.exception()
        if error is not None and not isinstance(error, Stopped):
            yield fault_of(clip.fingerprint, error)

    def _work(self, clip: Clip, say: Callable[[Message], None], stop: threading.Event) -> None:
        try:
            say(self._finish(clip, _Reporter(clip.fingerprint, say, stop)))
        except Stopped:
            raise
        except BaseException:
            say(Log(clip.fingerprint, logging.INFO, traceback.format_exc()))  # for the run, not for the terminal
            raise
        finally:
            self._store.release()

    def _finish(self, clip: Clip, report: _Reporter) -> Finished:
        self._check_store()
        found = self._store.record(clip.fingerprint)
        if found is not None:
            if self._store.intact(found):
                return Finished(clip.fingerprint, found, cached=True)
            self._store.discard(clip.fingerprint)
        renderer = self._built()
        record = renderer.render(clip, self._store, report)
        report.say(Warm(renderer.warm))
        published = self._store.publish(replace(record, worker=self._name))
        return Finished(clip.fingerprint, published, cached=False)

    def _built(self) -> Renderer:
        """The renderer. That it cannot be built is never a clip's fault."""
        try:
            return self._renderer.result()
        except (FlowsError, WanError) as error:
            raise NodeFault(str(error)) from error

    def _check_store(self) -> None:
        """A folder that is not mounted here looks like an empty store: nobody would ever see what is written there."""
        if identity(self._store) != self._store_identity:
            same = (
                f"mount the same folder on all machines under that path, or name another: {ANOTHER}"
                if self._store.folder
                else "name its server as all machines know it: store.endpoint=https://HOST:PORT"
            )
            raise NodeFault(f"{self._store.address} is not the film's store there; {same}")


def _is_canceled() -> bool:
    import ray  # here alone, so that the pool's module imports without it

    return bool(ray.get_runtime_context().is_canceled())


def _until_none(outbox: queue.SimpleQueue[Message | None], is_canceled: Callable[[], bool]) -> Iterator[Message]:
    while not is_canceled():
        try:
            message = outbox.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            continue
        if message is None:
            return
        yield message


class _Reporter:
    """`flows.cluster.renderers.Report`, as events of one clip."""

    def __init__(self, fingerprint: str, say: Callable[[Message], None], stop: threading.Event) -> None:
        self._fingerprint = fingerprint
        self._stop = stop
        self.say = say

    def progress(self, stage: str, step: int, steps: int) -> None:
        self.say(Progress(self._fingerprint, stage, step, steps))

    def should_stop(self) -> bool:
        return self._stop.is_set()


class _Forwarder(logging.Handler):
    """Our own loggers from INFO up, everybody else's from WARNING up."""

    def __init__(self, fingerprint: str, say: Callable[[Message], None]) -> None:
        super().__init__(logging.INFO)
        self._fingerprint = fingerprint
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        ours = record.name.partition(".")[0] in ("flows", "wan")
        if ours or record.levelno >= logging.WARNING:
            self._say(Log(self._fingerprint, record.levelno, record.getMessage()))


@contextmanager
def _logs_forwarded(fingerprint: str, say: Callable[[Message], None]) -> Iterator[None]:
    handler = _Forwarder(fingerprint, say)
    root = logging.getLogger()
    for name in ("flows", "wan"):
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
