"""Shots for other programs."""

from __future__ import annotations

from flows.export.comfyui import Workflow, export_shot

__all__ = ["Workflow", "export_shot"]
