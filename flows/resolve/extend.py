"""Prompt extension: the shots' prompts, written out by a model before the film is planned (`prompts.extend`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flows.errors import EnvironmentProblem, Problem
from flows.resolve.extend_ask import ask_for
from flows.resolve.extend_pins import ShortPrompt, pinned
from flows.resolve.snapshot import OnPrompt
from flows.settings import Settings
from flows.shots import choose_variant, film_fps, keyframes_of
from flows.shots.keyframes import keyframe_id
from flows.store import Store
from flows.storyboard.model import Shot, Storyboard
from wan.errors import ModelUnavailable, PromptError
from wan.families import Family
from wan.variants import VARIANTS

_AS_WRITTEN = "`extend: false` on the shot, or prompts.on_failure=original, renders it as it is written"


@dataclass(frozen=True, slots=True)
class Extensions:
    """By full id: `prompts` as they were written out, and in `kept` why others are rendered as they are.

    `problems` are shots whose prompts could not be written out although they must.
    """

    prompts: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def extend_prompts(
    storyboard: Storyboard,
    family: Family,
    settings: Settings,
    store: Store,
    digests: Mapping[Path, str],
    on_prompt: OnPrompt | None = None,
) -> Extensions:
    """Looks the prompts up in the store, and asks for those that are not there; answers are kept in the store.

    `digests` of the pictures; a shot whose picture has none is left alone: it cannot be rendered anyway. `on_prompt`
    hears, in this thread, how many prompts of how many were asked for.
    Raises EnvironmentProblem when the model cannot be used and `prompts.on_failure` is `error`; SettingsError for a key
    that is not set; StoreError.
    """
    return extend_all([(storyboard, digests)], family, settings, store, on_prompt)[0]


def extend_all(
    films: Sequence[tuple[Storyboard, Mapping[Path, str]]],
    family: Family,
    settings: Settings,
    store: Store,
    on_prompt: OnPrompt | None = None,
) -> list[Extensions]:
    """The same of many films, each with its digests: what several of them say is asked once, and all of it together."""
    chosen = settings.prompts
    if chosen.extend == "off":
        return [Extensions() for _ in films]
    shots = [dict(_short_prompts(storyboard, family, chosen.images, digests)) for storyboard, digests in films]
    asked = {short: picture for film in shots for short, picture in film.values()}
    answers: dict[ShortPrompt, str | PromptError] = {}
    for short in asked:
        if (answer := pinned(store, short, chosen)) is not None:
            answers[short] = answer
    missing = {short: picture for short, picture in asked.items() if short not in answers}
    try:
        answers |= ask_for(missing, chosen, settings.render.device, store, on_prompt)
    except ModelUnavailable as error:
        answers |= dict.fromkeys(missing, error)
    named = [{name: answers[short] for name, (short, _) in film.items()} for film in shots]
    failed = [{name: answer for name, answer in film.items() if isinstance(answer, PromptError)} for film in named]
    gone = next((error for film in failed for error in film.values() if isinstance(error, ModelUnavailable)), None)
    if gone is not None and settings.prompts.on_failure != "original":
        raise EnvironmentProblem(_unavailable(gone, chosen.extend, sum(map(len, failed)))) from gone
    return [
        _extensions(storyboard, settings, answered, wrong)
        for (storyboard, _), answered, wrong in zip(films, named, failed, strict=True)
    ]


def _extensions(
    storyboard: Storyboard,
    settings: Settings,
    answered: Mapping[str, str | PromptError],
    failed: Mapping[str, PromptError],
) -> Extensions:
    prompts = {name: answer for name, answer in answered.items() if isinstance(answer, str)}
    if settings.prompts.on_failure == "original":
        return Extensions(prompts, {name: str(error) for name, error in failed.items()})
    return Extensions(prompts, problems=tuple(_problems(storyboard, failed)))


def _short_prompts(
    storyboard: Storyboard, family: Family, images: bool, digests: Mapping[Path, str]
) -> Iterator[tuple[str, tuple[ShortPrompt, Path | None]]]:
    keyframes = keyframes_of(storyboard, family, film_fps(storyboard, family))
    for shot in (*storyboard.shots, *keyframes.values()):
        variant = choose_variant(shot, family)
        picture = _picture(shot) if images else None
        if not shot.extend or not shot.prompt.strip() or variant not in VARIANTS:
            continue
        if picture is not None and picture not in digests:
            continue
        short = ShortPrompt(variant, shot.prompt, shot.negative_prompt, digests[picture] if picture else None)
        yield shot.full_id, (short, picture)


def _picture(shot: Shot) -> Path | None:
    """What the model is shown: the picture that the shot starts from, or the first one that it refers to."""
    if shot.image is not None or shot.control is None:
        return shot.image
    return next(iter(shot.control.references), None)


def _problems(storyboard: Storyboard, failed: Mapping[str, PromptError]) -> Iterator[Problem]:
    for shot in storyboard.shots:
        for name in (shot.full_id, keyframe_id(shot.full_id)):
            if name in failed:
                message = f"its prompt could not be extended: {failed[name]}"
                yield Problem(shot.where("prompt"), message, _AS_WRITTEN, shot.full_id)


def _unavailable(error: ModelUnavailable, extend: str, count: int) -> str:
    shots = f"{count} prompt{'s' * (count > 1)} not extended"
    mend = "name an endpoint that answers (prompts.base_url)" if extend == "api" else "mend that"
    return (
        f"prompts.extend={extend}: {error} ({shots})\n    {mend}, render prompts as they are written where it fails "
        "(prompts.on_failure=original), or everywhere (prompts=off)"
    )
