"""The last finished film of a storyboard, kept in the store so that the next plan can say what changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping

from flows.resolve.snapshot import PastShot
from flows.store import Store
from flows.store.layout import plan_note
from flows.storyboard.model import Storyboard


def remember(store: Store, storyboard: Storyboard, shots: Mapping[str, PastShot]) -> None:
    """Replaces what was remembered of this storyboard."""
    plain = {
        name: {"takes": shot.takes, "clips": shot.clips, "seam": shot.seam, "share": shot.share}
        for name, shot in shots.items()
    }
    store.put_note(_name(storyboard), json.dumps({"shots": plain}, ensure_ascii=False).encode())


def recall(store: Store, storyboard: Storyboard) -> dict[str, PastShot]:
    """The shots of the last finished film, by full id. A damaged note is as good as none: everything is then new."""
    data = store.note(_name(storyboard))
    try:
        shots = json.loads(data)["shots"] if data else {}
        return {
            name: PastShot(tuple(shot["takes"]), tuple(shot["clips"]), str(shot["seam"]), float(shot["share"]))
            for name, shot in shots.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _name(storyboard: Storyboard) -> str:
    return plan_note(storyboard.slug, hashlib.sha256(os.fsencode(storyboard.identity)).hexdigest())
