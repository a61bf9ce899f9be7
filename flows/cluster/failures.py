"""Whose fault a failure is: the clip's, the machine's that it was rendered on, or nobody knows yet."""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType

from flows.errors import BlobMissing, EnvironmentProblem, FlowsError, SettingsError, UserError
from wan.errors import CheckpointError, GangError, NoHome, NumbersError, RequestError, StateError


class Blame(Enum):
    """What a failure says about trying again."""

    CLIP = "clip"
    """The same on every worker: a request the variant cannot serve, an input that is no picture. Never tried again."""
    NODE = "node"
    """Something that machine lacks or has wrong: other weights, a mount, a module, room. No attempt of the clip's is
    spent; that machine gets no such clip any more."""
    LIKELY_CLIP = "likely clip"
    """One other worker is asked, since a broken GPU would fail alike; then it is the clip's."""
    UNKNOWN = "unknown"
    """Memory, a process that died, a file system that hiccups: tried again, as often as `cluster.attempts` says."""


class NodeFault(FlowsError):
    """A machine that cannot render: said before a clip is begun on it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A worker's word to the pool: a clip failed there. `every_variant`: that machine can render no clip at all.
    `spoilt`: the process is in doubt, and a fresh one has to go on. `damaged` as in `flows.events.Failed`. `lost`: the
    process is gone, or one that renders with it."""

    fingerprint: str
    message: str
    blame: Blame
    every_variant: bool = False
    spoilt: bool = False
    damaged: tuple[str, ...] = ()
    lost: bool = False


class MemberFault(FlowsError):
    """What another process of a gang could not do by itself; all are still there. Blamed as if it were done here."""

    def __init__(self, rank: int, fault: Fault) -> None:
        super().__init__(f"rank {rank} of the gang: {fault.message}")
        self.fault = fault


class RayFault(Enum):
    """What one of Ray's own errors (`ray.exceptions`) means to who follows a worker."""

    ASKED = "asked"
    """We cancelled it ourselves."""
    LOST = "lost"
    """The worker, its machine or its answer is gone: a fresh worker goes on, and the clip is tried again."""
    NEVER = "never"
    """Raised by what we do not use. Should it come all the same, it is taken for a loss."""


RAY_FAULTS: Mapping[RayFault, frozenset[str]] = MappingProxyType(
    {
        RayFault.ASKED: frozenset({"TaskCancelledError"}),
        RayFault.LOST: frozenset(
            {
                "RayError",
                "RayTaskError",  # an error of ours that a worker did not turn into a `Fault`: it could not be built
                "RayActorError",
                "ActorDiedError",
                "ActorUnavailableError",
                "ActorUnschedulableError",
                "ActorPlacementGroupRemoved",
                "WorkerCrashedError",
                "NodeDiedError",
                "LocalRayletDiedError",
                "OwnerDiedError",
                "ObjectLostError",
                "ObjectFetchTimedOutError",
                "ObjectReconstructionFailedError",
                "ReferenceCountingAssertionError",
                "ObjectStoreFullError",
                "OutOfDiskError",
                "OutOfMemoryError",
                "RpcError",
                "RaySystemError",
                "AuthenticationError",
                "GetTimeoutError",
                "UnserializableException",
                "StreamingGeneratorReplayInconsistentError",
            }
        ),
        RayFault.NEVER: frozenset(
            {
                "CrossLanguageError",  # Java and C++
                "UserCodeException",
                "ObjectFreedError",  # nothing is freed by hand
                "PlasmaObjectNotAvailable",
                "AsyncioActorExit",  # workers are no asyncio actors
                "RuntimeEnvSetupError",  # no runtime environment is asked for
                "TaskPlacementGroupRemoved",  # only actors are started
                "TaskUnschedulableError",
                "PendingCallsLimitExceeded",  # no limit is set
                "ObjectRefStreamEndOfStreamError",  # the end of a loop
                "OufOfBandObjectRefSerializationException",  # references stay in this process
                "RayChannelError",  # compiled graphs and direct transport
                "RayChannelTimeoutError",
                "RayCgraphCapacityExceeded",
                "RayDirectTransportError",
                "ActorAlreadyExistsError",  # workers have no names in Ray
                "ActorHandleNotFoundError",
            }
        ),
    }
)
"""Every error of `ray.exceptions` by its name; a test says when Ray has a new one."""


def ray_fault(error: BaseException) -> RayFault:
    """What an error of Ray's means: that of its nearest class which is named above."""
    for kind in type(error).__mro__:
        for fault, names in RAY_FAULTS.items():
            if kind.__name__ in names:
                return fault
    return RayFault.NEVER


_NODE_ERRNOS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.ENODEV}
)
_NO_GPU = re.compile(
    r"no CUDA GPUs are available|found no NVIDIA driver|driver version is insufficient|not compiled with CUDA"
    r"|no kernel image is available|no CUDA-capable device|CUDA unknown error|forward compatibility was attempted"
    r"|system not yet initialized|device\(s\) is/are busy",
    re.IGNORECASE,
)
_GPU = re.compile(r"\bCUDA (driver )?error\b|CUBLAS_STATUS|CUDNN_STATUS|\bNCCL\b|uncorrectable ECC", re.IGNORECASE)


def fault_of(fingerprint: str, error: BaseException) -> Fault:
    """What the pool has to know about an exception that ended a clip."""
    if isinstance(error, MemberFault):
        return replace(error.fault, fingerprint=fingerprint, message=str(error))
    blame = blame_of(error)
    lost = isinstance(error, GangError)
    gpu = bool(_NO_GPU.search(str(error)))
    return Fault(
        fingerprint,
        _told(error, blame),
        blame,
        every_variant=blame is Blame.NODE and not isinstance(error, CheckpointError | NumbersError),
        spoilt=lost or (not gpu and bool(_GPU.search(str(error)))),
        lost=lost,
    )


def blame_of(error: BaseException) -> Blame:
    """Whose fault it is, as far as one exception tells."""
    match error:
        case NumbersError():
            return {"lora": Blame.CLIP, "weights": Blame.NODE}.get(error.source, Blame.LIKELY_CLIP)
        case NodeFault() | CheckpointError() | NoHome() | ImportError() | EnvironmentProblem() | SettingsError():
            return Blame.NODE
        case RequestError() | StateError() | UserError() | BlobMissing():
            return Blame.CLIP
        case OSError() if error.errno in _NODE_ERRNOS:
            return Blame.NODE
    return Blame.NODE if _NO_GPU.search(str(error)) else Blame.UNKNOWN


def _told(error: BaseException, blame: Blame) -> str:
    """The message, with the way out where the error does not know it."""
    told = in_one_line(error)
    if blame is not Blame.NODE or isinstance(error, FlowsError | CheckpointError | NoHome | NumbersError):
        return told
    if isinstance(error, ImportError):
        return f"{told}; install there what is installed here"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{told}; free some room there"
    if isinstance(error, OSError):
        return f"{told}; mount there what is mounted here, with the same permissions"
    return f"{told}; its GPU or driver needs a look"


def in_one_line(error: BaseException) -> str:
    """What a person reads in a list of failures: the message, with the type unless it is one of ours."""
    text = " ".join(str(error).split())
    ours = type(error).__module__.partition(".")[0] in ("flows", "wan")
    return text if ours and text else f"{type(error).__name__}: {text}".rstrip(": ")
