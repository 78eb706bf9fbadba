"""Secrets at rest (AES-256-GCM) and signed links, both under keys derived from one setting (HKDF, RFC 5869)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.errors import Unavailable

_FORM = b"\x01"
_NONCE = 12
_KEY = 32
_MAC = 32


class Sealer:
    """Seals and opens bytes, and makes and checks MACs. ``about`` binds a sealed value to its row: it opens nowhere else."""

    def __init__(self, key: str) -> None:
        self._seal = AESGCM(_derived(key, b"leadwright sealed secrets v1"))
        self._links = _derived(key, b"leadwright links v1")

    def seal(self, plain: bytes, about: str) -> bytes:
        """Encrypt under a fresh nonce."""
        nonce = os.urandom(_NONCE)
        return _FORM + nonce + self._seal.encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Decrypt. Raises Unavailable for what this key did not seal for ``about``."""
        if sealed[:1] != _FORM:
            raise Unavailable(_OTHER_KEY, code="sealed_by_another_key")
        nonce, content = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            return self._seal.decrypt(nonce, content, about.encode())
        except (InvalidTag, ValueError) as problem:
            raise Unavailable(_OTHER_KEY, code="sealed_by_another_key") from problem

    def mac(self, text: str) -> str:
        """A MAC of ``text`` in characters safe in any URL."""
        made = hmac.new(self._links, text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).decode().rstrip("=")

    def mac_holds(self, text: str, given: str) -> bool:
        """Whether ``given`` is the MAC of ``text``; compared in constant time."""
        try:
            sent = base64.urlsafe_b64decode(given.encode("ascii") + b"=")
        except (ValueError, binascii.Error):
            return False
        made = hmac.new(self._links, text.encode(), hashlib.sha256).digest()
        return len(sent) == _MAC and hmac.compare_digest(made, sent)


_OTHER_KEY = "a secret was sealed with another key; restore LEADWRIGHT_INBOUND__SECRET_KEY, or make new secrets"


def _derived(key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=purpose).derive(key.encode())
