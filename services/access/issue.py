"""New secrets for keys, sessions and one-time tokens."""

from __future__ import annotations

import secrets

from domain.access.credentials import PUBLIC_BYTES, SECRET_BYTES, Credential, Spelled


def new_credential(kind: Credential) -> Spelled:
    """A credential that nobody has had before."""
    return Spelled(kind, secrets.token_hex(PUBLIC_BYTES), secrets.token_urlsafe(SECRET_BYTES))
