"""Passwords as Argon2id (RFC 9106), hashed in threads and a few at a time: each takes 64 MiB while it runs."""

from __future__ import annotations

import asyncio
import secrets
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from domain.access.passwords import LONGEST, prepared

_AT_ONCE = 4


class Hashing:
    """One per process."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """The hash to keep; it names its own parameters and salt."""
        async with self._places:
            return await asyncio.to_thread(self._hasher.hash, prepared(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one behind ``stored``. None takes the same work and is never right, so that the time of
        an answer does not tell who exists.
        """
        async with self._places:
            return await asyncio.to_thread(self._verified, stored, password)

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than are used now."""
        return self._hasher.check_needs_rehash(stored)

    def _verified(self, stored: str | None, password: str) -> bool:
        try:
            right = self._hasher.verify(stored or self._nobodys, prepared(password[: LONGEST + 1]))
        except (VerificationError, InvalidHashError):
            return False
        return right and stored is not None

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe())
