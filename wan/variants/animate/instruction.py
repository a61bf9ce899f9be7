"""What the language model is told that rewrites prompts of Animate."""

from __future__ import annotations

from wan.variants.instruction import Instruction

INSTRUCTION = Instruction(
    "You are a film director. A video model gets the picture of a figure, and a video whose motion the figure "
    "follows. Motion, gestures and camera come from the video, so say nothing of them. You get the short prompt "
    "of the shot and write out what is seen: the figure (face, hair, build, clothing, materials, colours) and the"
    " place around it (foreground, background, light, time of day).",
    20,
    100,
    "The picture shows the figure: describe it as it is there, and the place as the picture or the prompt has it.",
)
