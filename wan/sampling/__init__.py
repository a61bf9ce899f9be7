"""Noise schedules and solvers, as the reference implementation has them. `schedule` needs no torch, `solver` does."""

from __future__ import annotations

from wan.sampling.schedule import Schedule, schedule

__all__ = ["Schedule", "schedule"]
