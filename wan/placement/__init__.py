"""Where a pipeline's models live while clips are rendered. A placement never changes a pixel."""

from wan.placement.modes import PLACEMENTS, Placement, next_leaner

__all__ = ["PLACEMENTS", "Placement", "next_leaner"]
