"""What lies in a folder of ours, without what file managers, editors and file systems leave in any folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_OTHERS = re.compile(
    r"\..*"  # .DS_Store, ._model.safetensors beside every file of a Mac, .nfs000..., .#lock, .x.swp
    r"|.*~|#.*#|.*\.(?:bak|orig|swp|tmp)"
    r"|(?:Thumbs|ehthumbs)\.db|desktop\.ini|\$RECYCLE\.BIN|System Volume Information|__MACOSX|lost\+found|Icon\r"
    r"|.*\(.*conflicted copy.*\).*|.*\.sync-conflict-.*",
    re.IGNORECASE,
)


def is_of_others(name: str) -> bool:
    """Whether a file or folder is called as other programs call what they leave behind."""
    return _OTHERS.fullmatch(name) is not None


def found_in(folder: Path, pattern: str = "*") -> Iterator[Path]:
    """What matches a glob pattern (`**/` for folders within) below the folder, in order; none of it of others."""
    for path in sorted(folder.glob(pattern)):
        if not any(map(is_of_others, path.relative_to(folder).parts)):
            yield path
