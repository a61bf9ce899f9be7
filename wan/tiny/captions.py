"""Captions with varied wording for a scene; no torch. Every word used here is in `wan.tiny.vocabulary`."""

from __future__ import annotations

import random

from wan.tiny.world import Scene

SHAPE_WORDS: dict[str, tuple[str, ...]] = {
    "boat": ("boat", "boat", "boat", "ship", "sailboat"),
    "ball": ("ball", "ball", "circle", "disc"),
    "box": ("box", "box", "square"),
    "star": ("star",),
    "heart": ("heart",),
    "ring": ("ring", "ring", "hoop"),
    "kite": ("kite", "kite", "diamond"),
    "triangle": ("triangle", "triangle", "pyramid"),
}
COLOUR_WORDS: dict[str, tuple[str, ...]] = {
    "white": ("white",),
    "red": ("red", "red", "crimson"),
    "orange": ("orange",),
    "yellow": ("yellow", "yellow", "golden"),
    "green": ("green",),
    "blue": ("blue",),
    "purple": ("purple", "purple", "violet"),
    "pink": ("pink",),
}
MOTION_PHRASES: dict[str, tuple[str, ...]] = {
    "left_to_right": (
        "moves left to right", "moves from left to right", "moving left to right", "drifts left to right",
        "moves to the right", "sails to the right", "glides from the left to the right", "goes right",
        "travels left to right", "floats to the right", "crosses from left to right", "drifts to the right",
    ),
    "right_to_left": (
        "moves right to left", "moves from right to left", "moving right to left", "drifts right to left",
        "moves to the left", "sails to the left", "glides from the right to the left", "goes left",
        "travels right to left", "floats to the left", "crosses from right to left", "drifts to the left",
    ),
    "rises": (
        "rises", "rises", "is rising", "rising", "goes up", "floats up", "moves up", "climbs", "lifts off",
        "moves upward", "rises into the air", "rises up",
    ),
    "falls": (
        "falls", "falls", "is falling", "falling", "goes down", "floats down", "moves down", "sinks", "drops",
        "moves downward", "descends", "falls down",
    ),
    "closer": (
        "comes closer", "comes closer", "is coming closer", "coming closer", "approaches", "comes near",
        "moves closer", "moves towards the camera", "comes toward the viewer", "comes towards us", "grows larger",
        "approaching",
    ),
    "away": (
        "goes away", "moves away", "is going away", "going away", "recedes", "drifts away",
        "moves away from the camera", "sails away", "shrinks into the distance", "floats away", "leaves", "moving away",
    ),
}  # fmt: skip
PLACE_PHRASES: dict[str, tuple[str, ...]] = {
    "water": (
        "over water",
        "over the water",
        "on the water",
        "over the sea",
        "on a lake",
        "on a river",
        "on calm water",
    ),
    "snow": ("over snow", "over the snow", "in the snow", "over snowy hills", "in a snowy field", "on a snowfield"),
    "forest": ("in a forest", "in the forest", "over a forest", "in the woods", "among the trees", "over the forest"),
}
LIGHT_PHRASES: dict[str, tuple[str, ...]] = {
    "noon": ("at noon", "at noon", "at midday", "by day", "in daylight"),
    "dusk": ("at dusk", "at dusk", "at sunset", "in the evening", "at twilight"),
    "night": ("at night", "at night", "at midnight", "by moonlight", "under the stars"),
}
MATERIALS = (
    "",
    "",
    "",
    "paper ",
    "paper ",
    "folded paper ",
    "origami ",
    "small ",
    "little ",
    "toy ",
    "big ",
    "cut paper ",
)
STYLES = (
    "cut-paper animation", "cut paper animation", "paper cutout", "soft light", "wide shot", "static camera", "calm",
    "storybook illustration", "pastel colours", "gentle", "warm light", "flat colours", "paper craft", "simple shapes",
    "fixed camera", "eye level", "clean background", "handmade", "stop motion", "medium shot", "a quiet scene",
    "soft shadows", "cool palette", "warm palette", "natural light", "50mm lens", "wide lens", "locked camera",
)  # fmt: skip
NEGATIVES = ("blurry", "blurry, low quality", "noisy", "low quality", "ugly, blurry", "bad quality", "distorted, noisy")
ADVERBS = ("", "", "", "slowly ", "gently ", "smoothly ", "calmly ", "softly ")


def caption(scene: Scene, rng: random.Random) -> str:
    """One way to say a scene, with the words and the order drawn from `rng`."""
    thing = f"{rng.choice(COLOUR_WORDS[scene.colour])} {rng.choice(MATERIALS)}{rng.choice(SHAPE_WORDS[scene.shape])}"
    article = rng.choice(("a", "a", "a", "the"))
    subject = f"{article} {thing} {rng.choice(ADVERBS)}{rng.choice(MOTION_PHRASES[scene.motion])}"
    where = f"{rng.choice(PLACE_PHRASES[scene.place])} {rng.choice(LIGHT_PHRASES[scene.light])}"
    styles = rng.sample(STYLES, k=rng.choice((0, 0, 1, 1, 2, 3)))
    order = rng.random()
    if order < 0.4:
        return ", ".join([subject, where, *styles])
    if order < 0.7:
        return ", ".join([f"{subject} {where}", *styles])
    if order < 0.85:
        return ", ".join([where, subject, *styles])
    return ", ".join([*styles, subject, where])


def plain_caption(scene: Scene) -> str:
    """The shortest full caption, always the same: what a storyboard would write."""
    subject = f"a {scene.colour} {scene.shape} {MOTION_PHRASES[scene.motion][0]}"
    return f"{subject}, {PLACE_PHRASES[scene.place][0]} {LIGHT_PHRASES[scene.light][0]}"


def no_caption(rng: random.Random) -> str:
    """What stands for 'say nothing' in training: mostly the empty prompt, sometimes a usual negative prompt."""
    return "" if rng.random() < 0.75 else rng.choice(NEGATIVES)


def partial_caption(scene: Scene, rng: random.Random) -> tuple[str, Scene]:
    """A caption that leaves something out, and the scene with "" for what it does not say."""
    colour, motion = rng.random() < 0.7, rng.random() < 0.5
    place, light = rng.random() < 0.6, rng.random() < 0.5
    words = ["a", rng.choice(COLOUR_WORDS[scene.colour]) if colour else "", rng.choice(SHAPE_WORDS[scene.shape])]
    words.append(rng.choice(MOTION_PHRASES[scene.motion]) if motion else "")
    where = [
        rng.choice(PLACE_PHRASES[scene.place]) if place else "",
        rng.choice(LIGHT_PHRASES[scene.light]) if light else "",
    ]
    clauses = [" ".join(filter(None, words)), " ".join(filter(None, where)), *rng.sample(STYLES, k=rng.choice((0, 1)))]
    said = Scene(
        scene.shape, scene.colour if colour else "", scene.place if place else "", scene.light if light else "",
        scene.motion if motion else "",
    )  # fmt: skip
    return ", ".join(filter(None, clauses)), said
