"""Ways to reach a person."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """``CALL`` is dialled by a person; ``AUTODIALLED`` is dialled by a machine, or speaks with an artificial voice."""

    CALL = "call"
    AUTODIALLED = "autodialled"
    SMS = "sms"
    EMAIL = "email"
    MAIL = "mail"


BY_PHONE = frozenset({Channel.CALL, Channel.AUTODIALLED, Channel.SMS})
EVERY = frozenset(Channel)


class Purpose(StrEnum):
    """``REQUESTED`` is what the person's own request cannot do without, such as the link that confirms it; it sells nothing."""

    SOLICITATION = "solicitation"
    REQUESTED = "requested"
