"""VACE: a video made along a control video, inside a mask, of things shown in reference pictures."""
