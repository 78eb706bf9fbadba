"""Secrets at rest (AES-256-GCM) and signed links, both under keys derived from one setting (HKDF, RFC 5869)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.errors import Unavailable

SEALED_BY_ANOTHER_KEY = "sealed_by_another_key"
_FORM = b"\x01"
_NONCE = 12
_KEY = 32
_MAC = 32


class Sealer:
    """Seals and opens bytes, and makes and checks MACs. ``about`` binds a sealed value to its row: it opens nowhere else.

    What ``earlier`` keys sealed still opens and what they signed holds, so that a key can be exchanged.
    """

    def __init__(self, key: str, earlier: Sequence[str] = ()) -> None:
        self._seals = [AESGCM(_derived(one, b"leadwright sealed secrets v1")) for one in (key, *earlier)]
        self._links = [_derived(one, b"leadwright links v1") for one in (key, *earlier)]

    def seal(self, plain: bytes, about: str) -> bytes:
        """Encrypt under a fresh nonce."""
        nonce = os.urandom(_NONCE)
        return _FORM + nonce + self._seals[0].encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Decrypt. Raises Unavailable for what none of these keys sealed for ``about``."""
        nonce, content = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        for seal in self._seals if sealed[:1] == _FORM else ():
            with suppress(InvalidTag, ValueError):
                return seal.decrypt(nonce, content, about.encode())
        raise Unavailable(_OTHER_KEY, code=SEALED_BY_ANOTHER_KEY)

    def mac(self, text: str) -> str:
        """A MAC of ``text`` in characters safe in any URL."""
        made = _mac(self._links[0], text)
        return base64.urlsafe_b64encode(made).decode().rstrip("=")

    def mac_holds(self, text: str, given: str) -> bool:
        """Whether ``given`` is the MAC of ``text``; compared in constant time."""
        try:
            sent = base64.urlsafe_b64decode(given.encode("ascii") + b"=")
        except (ValueError, binascii.Error):
            return False
        fits = [hmac.compare_digest(_mac(key, text), sent) for key in self._links]
        return len(sent) == _MAC and any(fits)


_OTHER_KEY = "a secret was sealed with another key; restore LEADWRIGHT_INBOUND__SECRET_KEY, or make new secrets"


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _derived(key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=purpose).derive(key.encode())
