"""From a timeline to files: one ffmpeg run that writes the film and everything in `deliver`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg

from flows.edit.captions import TRACK, Captions, webvtt, write_captions
from flows.edit.deliverables import FILM, Target, conformed, encoding, target
from flows.edit.marks import add_xmp, tags
from flows.edit.picture import joined
from flows.edit.process import QUIET, Progress, ffmpeg_version, find_ffmpeg, run_ffmpeg
from flows.edit.reels import wound_up
from flows.edit.sound import soundtrack
from flows.edit.timeline import Timeline
from flows.edit.unchanged import are_made, check_sources, edit_digest
from flows.errors import EnvironmentProblem
from flows.settings import FilmSettings
from wan.system.files import move_over
from wan.system.locks import own_folder

ANYWHERE = Path("/edit")
"""Stands for the folder that is written into: it decides nothing."""


def edit_film(
    timeline: Timeline,
    output: Path,
    settings: FilmSettings,
    *,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Path:
    """Write the film to `output` (an `.mp4`), captions to `.vtt` beside it, each deliverable as `<name>.mp4` there.

    Files appear whole or not at all; those that an edit of the same things has left are kept. `on_progress` hears
    frames done and in all. Returns `output`. Raises `EditError` with ffmpeg's last lines, `EnvironmentProblem` (no
    ffmpeg, no space, folder not writable), `MediaError` (a music file that is none), `Stopped` when `should_stop` said
    so.
    """
    binary = find_ffmpeg(settings)
    check_sources(timeline)
    identifier = edit_digest(timeline, _planned(timeline, ANYWHERE, settings, binary).commands, ffmpeg_version(binary))
    if _is_made(timeline, output, identifier):
        return output
    with _workplace(output.parent) as work:
        edit = _planned(timeline, work, settings, binary)
        subtitles = write_captions(timeline, work)
        for command, frames in edit.reels:
            run_ffmpeg(command, frames, None, should_stop)
        run_ffmpeg(edit.command, timeline.num_frames, on_progress, should_stop)
        film, *rest = edit.targets
        for made in edit.different:
            add_xmp(made.path, timeline.title, identifier)
        for made in rest:
            if made not in edit.different:
                shutil.copyfile(film.path, made.path)
            move_over(made.path, output.parent / made.path.name)
        _place_captions(subtitles, output)
        move_over(film.path, output)
    return output


def captions_beside(film: Path) -> Path:
    """Where the captions of a film lie, if it has any."""
    return film.with_suffix(".vtt")


@dataclass(frozen=True, slots=True)
class _Edit:
    """What is run: the reels with their frames, then the film with every `different` target.
    `targets`: the film first; those that are not different are copies of it."""

    reels: list[tuple[list[str], int]]
    command: list[str]
    targets: list[Target]
    different: list[Target]

    @property
    def commands(self) -> list[list[str]]:
        """Every command, in order."""
        return [*(command for command, _ in self.reels), self.command]


def _planned(timeline: Timeline, work: Path, settings: FilmSettings, binary: Path) -> _Edit:
    film = target(timeline, FILM, work)
    rest = [target(timeline, item, work) for item in timeline.deliver]
    different = [film, *(made for made in rest if not made.same_as(film))]
    subtitles = work / TRACK if webvtt(timeline) is not None else None
    short, reels = wound_up(timeline, work)

    def command(output: Any) -> list[str]:
        words: list[str] = ffmpeg.compile(output.global_args(*QUIET), cmd=str(binary), overwrite_output=True)
        return words

    return _Edit(
        [(command(reel.output), reel.frames) for reel in reels],
        command(_graph(short, different, subtitles, settings)),
        [film, *rest],
        different,
    )


def _is_made(timeline: Timeline, output: Path, identifier: str) -> bool:
    """Whether the film, its captions and its deliverables are all there from an edit like this one."""
    files = [output, *(target(timeline, item, output.parent).path for item in timeline.deliver)]
    return captions_beside(output).exists() == (webvtt(timeline) is not None) and are_made(files, identifier)


def _graph(timeline: Timeline, targets: Sequence[Target], subtitles: Path | None, settings: FilmSettings) -> Any:
    pictures = joined(timeline.entries, timeline.rate, timeline.native).filter_multi_output("split", len(targets))
    sounds = soundtrack(timeline).filter_multi_output("asplit", len(targets))
    # ffmpeg-python takes an option once: the number behind `g`, which ffmpeg ignores, makes several of it
    marks = {f"metadata:g:{number}": tag for number, tag in enumerate(tags(timeline.title, timeline.digest))}
    outputs = []
    for number, made in enumerate(targets):
        streams = [conformed(pictures[number], made, timeline.rate), sounds[number]]
        options: dict[str, Any] = encoding(made, settings) | marks
        if subtitles:
            streams.append(ffmpeg.input(str(subtitles), f="webvtt")["s"])
            options["c:s"] = "mov_text"
        outputs.append(ffmpeg.output(*streams, str(made.path), **options))
    return ffmpeg.merge_outputs(*outputs)


def _place_captions(subtitles: Captions | None, output: Path) -> None:
    beside = captions_beside(output)
    if subtitles:
        move_over(subtitles.beside, beside)
    else:
        beside.unlink(missing_ok=True)


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """A hidden folder on the output's own disk, gone afterwards; those of killed processes are cleared away too."""
    with ExitStack() as held:
        try:
            work = held.enter_context(own_folder(folder, ".edit-"))
        except OSError as error:
            raise EnvironmentProblem(
                f"{folder}: cannot be written ({error.strerror}); set film.outputs to a folder of yours"
            ) from error
        try:
            yield work
        except OSError as error:
            raise EnvironmentProblem(f"{error.filename or folder}: {error.strerror}") from error
