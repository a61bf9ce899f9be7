"""What each command prints with `--json`: one object, the envelope's keys and the command's own at its top level.

A file for each command, or family of commands; the table here collects them. The words beside the types are those of
docs/programs.md, which is made from them; tests hold every command to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flows.cli.forms.batch import BatchDocument, BatchPlanDocument
from flows.cli.forms.check import CheckDocument
from flows.cli.forms.doctor import ConfigurationDocument, DoctorDocument
from flows.cli.forms.envelope import Envelope
from flows.cli.forms.history import HistoryDocument, HistoryPageDocument
from flows.cli.forms.models import (
    ModelsConvertDocument,
    ModelsInfoDocument,
    ModelsListDocument,
    ModelsPullDocument,
    ModelsVerifyDocument,
)
from flows.cli.forms.notify import NotifyDocument
from flows.cli.forms.pick import PickDocument, PickSweepDocument
from flows.cli.forms.plan import PlanDocument
from flows.cli.forms.pool import PoolQueueDocument, PoolStatusDocument
from flows.cli.forms.render import RenderDocument
from flows.cli.forms.review import ReviewDocument
from flows.cli.forms.schedule import (
    ScheduleAddDocument,
    ScheduleChangedDocument,
    ScheduleListDocument,
    ScheduleRunDocument,
)
from flows.cli.forms.store import StoreCompactDocument, StoreStatusDocument
from flows.cli.forms.submit import FetchDocument, SubmitDocument
from flows.cli.forms.sweep import SweepDocument, SweepPlanDocument

__all__ = ["FORMS", "Envelope"]

FORMS: Mapping[str, type] = MappingProxyType(
    {
        "check": CheckDocument,
        "plan": PlanDocument,
        "render": RenderDocument,
        "review": ReviewDocument,
        "batch": BatchDocument,
        "batch --plan": BatchPlanDocument,
        "sweep": SweepDocument,
        "sweep --plan": SweepPlanDocument,
        "pick": PickDocument,
        "pick SWEEP": PickSweepDocument,
        "submit": SubmitDocument,
        "fetch": FetchDocument,
        "schedule add": ScheduleAddDocument,
        "schedule list": ScheduleListDocument,
        "schedule pause": ScheduleChangedDocument,
        "schedule resume": ScheduleChangedDocument,
        "schedule remove": ScheduleChangedDocument,
        "schedule run": ScheduleRunDocument,
        "notify add": NotifyDocument,
        "notify list": NotifyDocument,
        "notify test": NotifyDocument,
        "notify remove": NotifyDocument,
        "history": HistoryDocument,
        "history --plot": HistoryPageDocument,
        "doctor": DoctorDocument,
        "doctor --config": ConfigurationDocument,
        "store status": StoreStatusDocument,
        "store compact": StoreCompactDocument,
        "pool status": PoolStatusDocument,
        "pool queue": PoolQueueDocument,
        "models list": ModelsListDocument,
        "models info": ModelsInfoDocument,
        "models verify": ModelsVerifyDocument,
        "models pull": ModelsPullDocument,
        "models convert": ModelsConvertDocument,
    }
)
"""A command that has `--json` is a line here."""
