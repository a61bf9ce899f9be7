"""From a timeline to files: one ffmpeg run that writes the film and everything in `deliver`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flows.edit.captions import TRACK, Captions, webvtt, write_captions
from flows.edit.deliverables import FILM, Target, conformed, encoding, target
from flows.edit.graph import Output, captions_of, command, copies, written
from flows.edit.marks import add_xmp, tags
from flows.edit.picture import joined
from flows.edit.process import Progress, ffmpeg_version, find_ffmpeg, run_ffmpeg
from flows.edit.reels import in_reels
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
) -> Path:
    """Write the film to `output` (an `.mp4`), captions to `.vtt` beside it, each deliverable as `<name>.mp4` there.

    Files appear whole or not at all; those that an edit of the same things has left are kept. `on_progress` hears
    frames done and in all. Returns `output`. Raises `EditError` with ffmpeg's last lines, `EnvironmentProblem` (no
    ffmpeg, no space, folder not writable), `MediaError` (a music file that is none). Ctrl-C ends ffmpeg as well.
    """
    binary = find_ffmpeg(settings)
    check_sources(timeline)
    identifier = edit_digest(timeline, _planned(timeline, ANYWHERE, settings, binary).commands, ffmpeg_version(binary))
    if _is_made(timeline, output, identifier):
        return output
    with _workplace(output.parent) as work:
        edit = _planned(timeline, work, settings, binary)
        subtitles = write_captions(timeline, work)
        for reel, frames in edit.reels:
            run_ffmpeg(reel, frames)
        run_ffmpeg(edit.command, timeline.num_frames, on_progress)
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
    short, reels = in_reels(timeline, work)
    return _Edit(
        [(command(binary, [reel.output]), reel.frames) for reel in reels],
        command(binary, _outputs(short, different, subtitles, settings)),
        [film, *rest],
        different,
    )


def _is_made(timeline: Timeline, output: Path, identifier: str) -> bool:
    """Whether the film, its captions and its deliverables are all there from an edit like this one."""
    files = [output, *(target(timeline, item, output.parent).path for item in timeline.deliver)]
    return captions_beside(output).exists() == (webvtt(timeline) is not None) and are_made(files, identifier)


def _outputs(
    timeline: Timeline, targets: Sequence[Target], subtitles: Path | None, settings: FilmSettings
) -> list[Output]:
    pictures = copies(joined(timeline.entries, timeline.rate, timeline.native), len(targets))
    sounds = copies(soundtrack(timeline), len(targets), sound=True)
    outputs = []
    for made, picture, sound in zip(targets, pictures, sounds, strict=True):
        streams, options = [conformed(picture, made, timeline.rate), sound], encoding(made, settings)
        if subtitles:
            streams.append(captions_of(subtitles))
            options["c:s"] = made.codec.container.captions
        outputs.append(written(streams, made.path, options, tags(timeline.title, timeline.digest)))
    return outputs


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
