"""Names of files as strangers give them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

_LONGEST_NAME = 200
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain_name(name: str, otherwise: str = "document") -> str:
    """A file name without folders, controls and direction marks, at most 200 characters; ``otherwise`` where nothing is left."""
    bare = PurePosixPath(PureWindowsPath(unicodedata.normalize("NFC", _CONTROLS.sub("", name))).name).name.strip()
    if len(bare) > _LONGEST_NAME:
        stem, dot, end = bare.rpartition(".")
        keep = len(end) + 1 if dot and len(end) <= 8 else 0  # noqa: PLR2004 - longer is no file ending
        bare = f"{stem[: _LONGEST_NAME - keep]}.{end}" if keep else bare[:_LONGEST_NAME]
    return bare or otherwise
