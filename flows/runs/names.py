"""What is called what in Prefect: known to who serves, to who submits, and to who looks at the UI."""

from __future__ import annotations

POOL = "wanflow"
"""The work pool: machines that serve films take them from it."""
FLOW = "film"
DEPLOYMENT = "film"
"""Of the flow: `prefect deployment run film/film`."""
REFUSED = "Refused"
"""The state of a run that a person has to mend something for."""
HANDED_BACK = "HandedBack"
"""The state of a run whose machine stopped serving: it waits for the next one."""
AUTOMATION = "wanflow: films whose machine is gone"
"""What marks the runs of machines that were switched off."""
