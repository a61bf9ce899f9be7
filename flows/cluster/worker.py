"""A worker: the Ray actor that holds a renderer and renders clip after clip, by itself or as the leader of a gang.

Rendering runs on one thread of its own. Whoever gave the job asks for what is said of it, and may be another one than
the one who gave it: the work goes on while nobody asks.
"""

from __future__ import annotations

import logging
import os
import platform
import time
import traceback
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from flows.cluster.claims import alone
from flows.cluster.crew import Disbanded
from flows.cluster.failures import Blame, Fault, NodeFault, fault_of
from flows.cluster.inputs import damaged_inputs
from flows.cluster.job import Ahead, HandedBack, Heard, Job, Warm, WorkerFacts
from flows.cluster.leader import Leader
from flows.cluster.leaving import on_sigterm, when_nobody_asks
from flows.cluster.metrics import StoreMetrics
from flows.cluster.read_ahead import ReadAhead
from flows.cluster.renderers import Renderer, Renderers, RendererSpec
from flows.cluster.room import WorkerSize
from flows.cluster.said import Reporter, Said, logs_forwarded
from flows.cluster.store_claims import alone_in
from flows.cluster.weights import known_revision
from flows.errors import BlobCorrupt, BlobMissing, FlowsError, Stopped
from flows.events import Finished, Log
from flows.planning.model import Clip
from flows.store import ANOTHER, open_store
from flows.store.identity import identity
from flows.store.timed import Told
from wan.errors import GangError, WanError
from wan.system.gpus import find_gpus

_log = logging.getLogger(__name__)

LEAVE_SECONDS = 20.0
"""What a clip may take to be handed back when the system ends the process."""


class Worker:
    """Renders one clip at a time. The store is asked first: somebody else may have finished the clip."""

    def __init__(
        self,
        name: str,
        spec: RendererSpec,
        store_address: str,
        store_identity: bytes,
        threads: int,
        told: Told | None = None,
        leader: Leader | None = None,
    ) -> None:
        """`spec` is what will be rendered with first: its libraries are imported while nobody waits for them. `told`
        hears what the store takes. `leader`: of the gang that this process leads."""
        self._name = name
        self._device, self._leader = spec.device, leader
        self._store = open_store(store_address, told)
        self._store_identity = store_identity
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="render")
        self._renderers = Renderers(threads, leader.crew if leader else lambda spec: None)
        self._said = Said()
        self._job: Job | None = None
        self._leaving = False
        self._ahead = ReadAhead()
        self._asked = time.monotonic()
        self._thread.submit(self._renderers.get, spec)  # what it fails with is said of the first job

    def facts(self) -> WorkerFacts:
        """Answers as soon as the process is up; the renderer may still be importing its libraries."""
        import ray  # here alone, so that this module imports without it

        gpus = find_gpus() if self._device != "cpu" else ()
        gpu = gpus[0].name if gpus else ""
        members = self._leader.members if self._leader else 1
        return WorkerFacts(platform.node(), ray.get_runtime_context().get_node_id(), os.getpid(), gpu, members)

    def checkpoints(self, spec: RendererSpec, variants: Collection[str]) -> Mapping[str, str | None]:
        """The revision of what fills each variant here, "" where there is nothing; None if that is not known without
        reading all of its weights."""
        return {variant: known_revision(spec, variant) for variant in variants}

    def begin(self, job: Job) -> None:
        """Render and publish a clip, in the background. What is said of it ends with `Finished`, `Fault` or
        `HandedBack`; with none of them if it was stopped. One job at a time: it waits for the one before."""
        self._asked = time.monotonic()
        self._job, self._said = job, Said()
        if self._leaving:
            self._said.say(HandedBack(job.clip.fingerprint))
            self._said.end()
        else:
            self._thread.submit(self._work, job, self._said)

    def listen(self, after: int, seconds: float, ahead: Ahead | None = None) -> Heard:
        """What is said of the job, from the message number `after` on; waits for it so long. `ahead`: what is to be
        loaded next, as the pool sees it now."""
        self._ahead.want(ahead)
        heard = self._said.heard(after, seconds)
        self._asked = time.monotonic()
        return heard

    def doing(self) -> Job | None:
        """The job whose end nobody has heard yet."""
        self._asked = time.monotonic()
        return None if self._job is None or self._said.told else self._job

    def stop(self) -> None:
        """Give the job up at the next chance."""
        self._said.stop.set()

    def _work(self, job: Job, said: Said) -> None:
        fingerprint = job.clip.fingerprint
        try:
            with logs_forwarded(fingerprint, said.say):
                said.say(self._finish(job, Reporter(fingerprint, said, self._ahead)))
        except Stopped:
            if self._leaving:
                said.say(HandedBack(fingerprint))
        except Disbanded as error:
            _log.info("%s: %s", self._name, error)
            said.say(HandedBack(fingerprint))
        except BaseException as error:  # noqa: BLE001  # not swallowed: the pool is told
            if self._leaving and isinstance(error, GangError):  # the others were told to go, too
                said.say(HandedBack(fingerprint))
                return
            said.say(Log(fingerprint, logging.INFO, traceback.format_exc()))  # for the run, not for the terminal
            said.say(self._fault(job.clip, error))
        finally:
            self._ahead.allow(False)
            self._store.release()
            said.end()

    def _fault(self, clip: Clip, error: BaseException) -> Fault:
        """What a film can give back is told. What is whole at the second look is tried again."""
        fault = fault_of(clip.fingerprint, error)
        if self._leader is not None and self._leader.over:
            fault = replace(fault, spoilt=True)
        if not isinstance(error, BlobMissing | BlobCorrupt):
            return fault
        try:
            damaged = damaged_inputs(clip, self._store)
        except FlowsError as trouble:
            _log.info("what %s starts from could not be looked at: %s", clip.fingerprint, trouble)
            return fault
        return replace(fault, blame=Blame.CLIP if damaged else Blame.UNKNOWN, damaged=damaged)

    def _finish(self, job: Job, report: Reporter) -> Finished:
        self._check_store()
        clip = job.clip
        if (found := self._found(clip)) is not None:
            return found
        with self._alone(job, report) as waited:
            if waited and (found := self._found(clip)) is not None:
                return found
            renderer = self._built(job.renderer)
            renderer.weigh(job.useful)
            report.warm, report.told_warm = lambda: renderer.warm, renderer.warm
            record = renderer.render(clip, self._store, report)
            report.said.say(Warm(renderer.warm))
            published = self._store.publish(replace(record, worker=self._name))
        return Finished(clip.fingerprint, published, cached=False)

    @contextmanager
    def _alone(self, job: Job, report: Reporter) -> Iterator[bool]:
        """Of all who share this machine, or the store. Whether somebody was waited for."""
        name, stop = job.clip.fingerprint, report.should_stop
        with alone(self._store_identity, name, stop, _say_waiting) as waited:
            if not self._store.shared:
                yield waited
                return
            with alone_in(self._store, name, job.owner, stop, _say_waiting) as waited_far:
                yield waited or waited_far

    def _found(self, clip: Clip) -> Finished | None:
        """The clip, if somebody else has finished it. A damaged one goes."""
        found = self._store.record(clip.fingerprint)
        if found is None:
            return None
        if self._store.intact(found):
            return Finished(clip.fingerprint, found, cached=True)
        self._store.discard(clip.fingerprint)
        return None

    def _built(self, spec: RendererSpec) -> Renderer:
        """The renderer. That it cannot be built is never a clip's fault."""
        try:
            return self._renderers.get(spec)
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

    def _leave(self) -> None:
        """The system wants the process gone: what is under way is handed back, its steps are kept if they can be."""
        self._leaving = True
        self._said.stop.set()
        self._said.wait_until_told(LEAVE_SECONDS)


def _say_waiting() -> None:
    _log.info("another command renders this clip; waiting for it")


class WorkerProcess(Worker):
    """A worker that has the process for itself, and ends it."""

    def __init__(
        self, name: str, spec: RendererSpec, store_address: str, store_identity: bytes, size: WorkerSize, measured: str
    ) -> None:
        """`measured`: under which pool's name the metrics are told; "": none are."""
        told = StoreMetrics(measured).took if measured else None
        leader = Leader(spec, store_address, size) if size.members > 1 else None
        super().__init__(name, spec, store_address, store_identity, size.threads, told, leader)
        on_sigterm(self._leave)
        when_nobody_asks(lambda: self._asked, lambda: self._said.over)
