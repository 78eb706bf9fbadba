"""How keys and tokens are spelled. A random secret of 256 bits needs no slow hash: nobody guesses it."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum

SECRET_BYTES = 32
PUBLIC_BYTES = 8
_SPELLED = re.compile(r"(lw|lwr|lwo)_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


class Credential(StrEnum):
    """What a spelled secret opens: the API for a program, new tokens for a person, a new password once."""

    KEY = "lw"
    REFRESH = "lwr"
    ONCE = "lwo"


@dataclass(frozen=True, slots=True)
class Spelled:
    """A credential as it was sent. ``public_id`` finds its row; the secret is compared with the hash there."""

    kind: Credential
    public_id: str
    secret: str

    @property
    def text(self) -> str:
        """As its owner keeps it: ``lw_<public id>_<secret>``."""
        return f"{self.kind.value}_{self.public_id}_{self.secret}"

    @property
    def hash(self) -> str:
        """What is stored of it: SHA-256 over the whole, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def opens(self, stored: str) -> bool:
        """Whether its hash is the stored one, in constant time."""
        return hmac.compare_digest(self.hash, stored)


def read(text: str, kind: Credential) -> Spelled | None:
    """The credential that ``text`` spells, or None where it is none of this kind."""
    found = _SPELLED.fullmatch(text)
    if found is None or found[1] != kind.value:
        return None
    return Spelled(kind, found[2], found[3])


def looks_like_key(text: str) -> bool:
    """Whether ``text`` means to be an API key rather than a signed token."""
    return text.startswith(f"{Credential.KEY.value}_")
