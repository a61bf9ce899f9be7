"""How Hugging Face and ModelScope say what a repository holds, and where its files are.

Hugging Face: https://huggingface.co/docs/hub/api. ModelScope: as its own client asks (`modelscope.hub.api`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from wan.errors import HubError, HubRefusal
from wan.hub.wire import Wire, host_of


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository: its path there, size in bytes, and digest as `sha256:…` or `git:…`, None if unknown.

    `git:` is git's blob id, a sha1 over a header and the bytes: what Hugging Face knows of small files.
    """

    path: str
    size: int
    digest: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a revision of a repository holds. `commit` is what the revision stood for when it was asked."""

    hub: str
    repo: str
    revision: str
    commit: str
    files: tuple[RemoteFile, ...]


class Hub(Protocol):
    """A dialect: where a hub is, which token is for it, how it lists and serves files."""

    name: str
    endpoint: str
    branch: str
    token_variable: str
    serves_commits: bool
    """Whether a commit can be asked for in place of a branch."""

    def listing(self, wire: Wire, repo: str, revision: str) -> Listing: ...

    def url(self, endpoint: str, listing: Listing, path: str) -> str: ...


class HuggingFace:
    """huggingface.co and its mirrors."""

    name = "huggingface"
    endpoint = "https://huggingface.co"
    branch = "main"
    token_variable = "HF_TOKEN"
    serves_commits = True

    def listing(self, wire: Wire, repo: str, revision: str) -> Listing:
        """Asks for the commit first, so that all files are of one commit. Raises `HubError`."""
        about, _ = wire.json(f"{wire.endpoint}/api/models/{repo}/revision/{quote(revision, safe='')}")
        commit = about.get("sha") if isinstance(about, dict) else None
        if not isinstance(commit, str):
            raise HubError(f"{host_of(wire.endpoint)} says no commit of {repo}: is it a mirror of Hugging Face?")
        rows = _pages(wire, f"{wire.endpoint}/api/models/{repo}/tree/{commit}?recursive=true")
        with _understood(wire):
            files = [_hugging_face_file(row) for row in rows if row["type"] == "file"]
        return Listing(self.name, repo, revision, commit, _all_checked(files, repo))

    def url(self, endpoint: str, listing: Listing, path: str) -> str:
        return f"{endpoint}/{listing.repo}/resolve/{listing.commit}/{quote(path)}"


class ModelScope:
    """modelscope.cn."""

    name = "modelscope"
    endpoint = "https://modelscope.cn"
    branch = "master"
    token_variable = "MODELSCOPE_API_TOKEN"
    serves_commits = False  # not known; its branches are

    def listing(self, wire: Wire, repo: str, revision: str) -> Listing:
        """An unknown revision is answered with no files and status 200. Raises `HubError`."""
        asked = urlencode({"Revision": revision, "Recursive": "true"})
        answer, _ = wire.json(f"{wire.endpoint}/api/v1/models/{repo}/repo/files?{asked}")
        data = answer.get("Data") if isinstance(answer, dict) else None
        rows = data.get("Files") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(rows, list):
            raise HubRefusal(
                f"{repo} has no revision {revision!r} on {host_of(wire.endpoint)}; master is the usual one"
            )
        with _understood(wire):
            blobs = [row for row in rows if row["Type"] != "tree"]
            files = [RemoteFile(str(row["Path"]), int(row["Size"]), _sha256(row.get("Sha256"))) for row in blobs]
            commit = _modelscope_commit(data, blobs)
        return Listing(self.name, repo, revision, commit, _all_checked(files, repo))

    def url(self, endpoint: str, listing: Listing, path: str) -> str:
        asked = urlencode({"Revision": listing.revision, "FilePath": path})
        return f"{endpoint}/api/v1/models/{listing.repo}/repo?{asked}"


HUBS: Mapping[str, Hub] = MappingProxyType({"huggingface": HuggingFace(), "modelscope": ModelScope()})


@contextmanager
def _understood(wire: Wire) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        where = host_of(wire.endpoint)
        raise HubError(f"{where} lists files in a way that is not understood ({error!r}): is it that hub?") from error


def _pages(wire: Wire, url: str) -> Iterator[dict[str, Any]]:
    following: str | None = url
    while following:
        rows, next_page = wire.json(following)
        if not isinstance(rows, list):
            raise HubError(f"{host_of(url)} did not list files: is it a mirror of Hugging Face?")
        yield from rows
        # Mirrors pass on links that name the mirrored host: only the path and the cursor are taken from them.
        parts = urlsplit(next_page) if next_page else None
        following = f"{wire.endpoint}{parts.path}?{parts.query}" if parts else None


def _hugging_face_file(row: dict[str, Any]) -> RemoteFile:
    large = row.get("lfs")
    if large:
        return RemoteFile(str(row["path"]), int(large["size"]), f"sha256:{large['oid']}")
    return RemoteFile(str(row["path"]), int(row["size"]), f"git:{row['oid']}" if row.get("oid") else None)


def _sha256(value: object) -> str | None:
    return f"sha256:{value}" if isinstance(value, str) and len(value) == 64 else None


def _modelscope_commit(data: dict[str, Any], blobs: list[dict[str, Any]]) -> str:
    """The listing names its commit by the first characters; some file was changed last in it."""
    latest = data.get("LatestCommitter") or {}
    short = str(latest.get("Id") or latest.get("ShortId") or "")
    whole = [str(row.get("Revision")) for row in blobs if short and str(row.get("Revision", "")).startswith(short)]
    return whole[0] if whole else short


def _all_checked(files: list[RemoteFile], repo: str) -> tuple[RemoteFile, ...]:
    for file in files:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts or "\\" in file.path or not path.parts:
            raise HubError(f"{repo} lists a file outside its folder: {file.path!r}; nothing of it is fetched")
    return tuple(sorted(files, key=lambda file: file.path))
