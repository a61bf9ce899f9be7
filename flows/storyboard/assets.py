"""Finding the files a storyboard names: inside its folder or the allowed roots, readable, of the right kind."""

from __future__ import annotations

import os
import re
import stat
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.formats import (
    CONVERT,
    LONGEST,
    OTHER_PICTURES,
    PICTURES,
    TOO_LARGE,
    Fault,
    foreign,
    is_animated_png,
    is_animated_webp,
    picture_fault,
)
from flows.storyboard.context import AssetKind
from flows.storyboard.nodes import Text
from flows.storyboard.problems import Problems
from wan.system.suggest import did_you_mean

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(?:data|file|http|https|s3|concat|pipe|fd):", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WORDS = {"image": "a picture", "video": "a video", "audio": "a sound", "lora": "a LoRA"}
_OTHER_FILES = {
    "image": "name a picture that opens elsewhere: PNG, JPEG, WebP, …",
    "video": "name a video that plays elsewhere: MP4, MOV, WebM, …",
    "audio": "name a sound that plays elsewhere: WAV, MP3, M4A, …",
    "lora": "name a LoRA in safetensors",
}
_SIGNATURES: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG", 0, "image"),
    (b"\xff\xd8\xff", 0, "image"),
    (b"WEBP", 8, "image"),
    (b"BM", 0, "image"),
    (b"WAVE", 8, "audio"),
    (b"ID3", 0, "audio"),
    (b"fLaC", 0, "audio"),
    (b"AVI ", 8, "video"),
)
"""First bytes of files that can be only one kind of thing; containers like MP4 and Ogg can be several."""


_MOST_LOOKED_AT = 5000
"""Files and folders below the storyboard's: it may lie in somebody's home."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that a storyboard names: the first place that does, and the file itself, where links have led."""

    node: Text
    path: Path


class AssetFinder:
    """Looks each path up once, however many shots name it. `folder` is the storyboard's. `named`: what was found, by
    the whole path as it is written."""

    def __init__(self, folder: Path, roots: Sequence[Path], problems: Problems) -> None:
        self.folder = Path(os.path.realpath(folder))
        self.roots = [os.path.realpath(root) for root in roots]
        self.problems = problems
        self.named: dict[Path, NamedFile] = {}
        self._below: dict[Path, dict[str, list[str]]] = {}
        self._found: dict[tuple[str, Path, AssetKind], tuple[Path | None, str, str | None]] = {}

    def telling(self, problems: Problems) -> AssetFinder:
        """The same, remembering together, with problems of its own."""
        if problems is self.problems:
            return self
        other = AssetFinder.__new__(AssetFinder)
        other.__dict__.update(self.__dict__, problems=problems)
        return other

    def find(self, node: Text, kind: AssetKind) -> Path | None:
        """The file's real, absolute path; None if it cannot be used, with the reason among the problems."""
        folder = node.source.folder or self.folder
        key = (node.value, folder, kind)
        known = self._found.get(key)
        if known is None:
            known = self._found[key] = self._look(node.value, folder, kind)
        path, message, fix = known
        if path is None:
            self.problems.add(node, message, fix)
        else:
            self.named.setdefault(Path(os.path.abspath(folder / node.value)), NamedFile(node, path))
        return path

    def _look(self, text: str, folder: Path, kind: AssetKind) -> tuple[Path | None, str, str | None]:
        shown = text[:120]
        if _ADDRESS.match(text):
            return None, f"addresses are not allowed here: {shown}", "download the file and give its path"
        if _CONTROL.search(text):
            return None, f"a path cannot hold control characters: {shown!r}", "rename the file"
        real = os.path.realpath(os.path.join(folder, text))
        if not self._allowed(real, folder):
            return None, f"{shown} is outside the storyboard's folder", self._outside(text, folder)
        try:
            status = os.stat(real)
        except FileNotFoundError:
            return None, f"there is no file {shown}", self._similar(real, folder)
        except OSError as error:
            return None, f"{shown} cannot be used: {error.strerror}", "check its name and permissions"
        if stat.S_ISDIR(status.st_mode):
            return None, f"{shown} is a folder", f"name {_WORDS[kind]} in it"
        if not stat.S_ISREG(status.st_mode):
            return None, f"{shown} is not a regular file", f"name {_WORDS[kind]} file"
        wrong = _wrong_kind(real, kind)
        return (None, f"{shown} {wrong.message}", wrong.fix) if wrong else (Path(real), "", None)

    def _allowed(self, real: str, folder: Path) -> bool:
        inside = (str(self.folder), os.path.realpath(folder), *self.roots)
        return any(real == root or real.startswith(root.rstrip(os.sep) + os.sep) for root in inside)

    def _outside(self, text: str, folder: Path) -> str:
        written = os.path.normpath(os.path.join(folder, text))
        if self._allowed(written, folder):
            return "it is a symlink that leaves it: copy the file"
        return "move the file into it, or allow its folder: assets.roots=[…]"

    def _similar(self, real: str, folder: Path) -> str | None:
        """A file of that name elsewhere, or one like it in the same folder; only in folders that are allowed."""
        parent, name = os.path.split(real)
        if not self._allowed(parent, folder):
            return None
        if elsewhere := self._files_called(name, folder):
            return f"did you mean {' or '.join(elsewhere)}?"
        try:
            names = os.listdir(parent)
        except OSError:
            return f"there is no folder {os.path.relpath(parent, folder)}"
        return did_you_mean(
            name,
            names,
            "paths are relative to the storyboard",
            lambda near: os.path.relpath(os.path.join(parent, near), folder),
        )

    def _files_called(self, name: str, folder: Path) -> list[str]:
        """Where files of this very name lie below the storyboard's folder, as they would be written; the first few."""
        if folder not in self._below:
            self._below[folder] = _files_below(folder)
        return self._below[folder].get(name.lower(), [])[:3]


def _files_below(folder: Path) -> dict[str, list[str]]:
    """Paths relative to the folder, by file name in small letters; links to folders are not followed."""
    by_name: dict[str, list[str]] = {}
    looked_at = 0
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        looked_at += len(files) + len(folders)
        if looked_at > _MOST_LOOKED_AT:
            break
        for file in sorted(files):
            by_name.setdefault(file.lower(), []).append(os.path.relpath(os.path.join(parent, file), folder))
    return by_name


def _wrong_kind(path: str, kind: AssetKind) -> Fault | None:
    """What is wrong with the content; None if nothing is seen to be wrong."""
    try:
        with open(path, "rb") as file:
            head = file.read(LONGEST)
    except OSError as error:
        return Fault(f"cannot be read: {error.strerror}", _OTHER_FILES[kind])
    if not head:
        return Fault("is empty", _OTHER_FILES[kind])
    name = foreign(head) if kind != "lora" else None  # a LoRA begins with a number
    if name is not None:
        return Fault(f"is {name}, which is not read", CONVERT.get(kind, _OTHER_FILES[kind]))
    if kind == "video" and (is_animated_webp(head) or is_animated_png(head)):
        return None
    for mark, offset, is_kind in _SIGNATURES:
        if head[offset : offset + len(mark)] == mark and is_kind != kind and (is_kind, kind) != ("video", "audio"):
            return Fault(f"is {_WORDS[is_kind]}, not {_WORDS[kind]}", _OTHER_FILES[kind])
    return _wrong_image(path) if kind == "image" else None


def _wrong_image(path: str) -> Fault | None:
    """Reads the header alone: broken pixels are found when the file is digested."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=PICTURES) as image:
                return picture_fault(image.format, image.mode, image.size, getattr(image, "tag_v2", {}))
    except UnidentifiedImageError:
        return _no_picture(path)
    except Image.DecompressionBombError:
        return _large(path)
    except (OSError, ValueError, SyntaxError) as error:
        return Fault(f"cannot be read as a picture: {error}", _OTHER_FILES["image"])


def _no_picture(path: str) -> Fault:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path, formats=OTHER_PICTURES) as image:
            return Fault(f"is a picture in the format {image.format}, which is not read", CONVERT["image"])
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return Fault("is not a picture", _OTHER_FILES["image"])


def _large(path: str) -> Fault | None:
    """Of a picture that Pillow takes for a bomb: a JPEG can be decoded smaller."""
    from PIL.JpegImagePlugin import JpegImageFile

    try:
        with JpegImageFile(path) as image:
            return picture_fault(image.format, image.mode, image.size)
    except (OSError, ValueError, SyntaxError):
        return Fault("has too many pixels", TOO_LARGE)
