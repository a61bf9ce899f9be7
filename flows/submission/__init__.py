"""A storyboard for another machine: packed into a store with all that it names, and unpacked from there.

manifest.py    what is in a submission        pack.py      into the store
unpack.py      out of it, as a project        films.py     the finished film, the other way
"""

from flows.submission.films import FilmFiles, MadeFile, film_files, note_files, publish_film, put_files, write_film
from flows.submission.manifest import Manifest
from flows.submission.pack import (
    Checked,
    Packed,
    check_shots,
    check_storyboard_here,
    pack,
    pack_files,
    take_back,
    whole_paths,
)
from flows.submission.unpack import load_sent, unpack

__all__ = [
    "Checked",
    "FilmFiles",
    "MadeFile",
    "Manifest",
    "Packed",
    "check_shots",
    "check_storyboard_here",
    "film_files",
    "load_sent",
    "note_files",
    "pack",
    "pack_files",
    "publish_film",
    "put_files",
    "take_back",
    "unpack",
    "whole_paths",
    "write_film",
]
