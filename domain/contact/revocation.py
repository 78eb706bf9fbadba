"""A person takes consent back: the words, what they close, the deadline and the one text that may confirm it (T16).

Any reasonable means counts, so words never decide *whether* a wish that somebody reports is one; they decide how far it goes,
and whether a message that nobody has read is one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from domain.contact.channels import BY_PHONE, EVERY, Channel
from domain.contact.tables import FEDERAL, ContactTables

STOP_WORDS = frozenset((
    "stop", "stopall", "stop all", "quit", "end", "revoke", "revoke all", "opt out", "optout", "cancel", "unsubscribe",
    "alto", "baja", "basta", "cancelar", "cancela", "parar", "pare", "para ya", "detener", "no mas", "no mas mensajes", "salir",
))  # fmt: skip
"""Each of them alone in an answer is a revocation: the seven of 47 CFR 64.1200(a)(10), and what people write for them."""
_ALL = re.compile(
    r"\b(?:stop|revoke|unsubscribe|remove|end) (?:me from )?(?:all|everything)\b|\bstopall\b|\bleave me alone\b|"
    r"\b(?:stop|quit|do not|don't|dont|never) (?:ever )?contact(?:ing)?\b|\bno (?:more )?contact\b|\bforget me\b|"
    r"\bremove me\b|\btake me off\b|\bno me contact\w+|\bdeje?n? de contactar\w*|\bdeje?n?me en paz\b|\bquiten?me\b|"
    r"\bborren? mis datos\b|\bno me moleste\w*"
)
_NO = (
    r"(?:stop|quit|cease|end|do not|don't|dont|never|no more|no|not|without|unsubscribe(?: me)? from)(?: (?:ever|please|all|"
    r"these|those|any|to|the|your|me|sending|getting|receive|receiving|want|of)){0,4}"
)
_ABOUT = {
    Channel.CALL: re.compile(
        rf"\b{_NO} (?:phone )?(?:call|phone|ring|dial)(?:s|ing)?\b|\bno (?:me )?(?:llame\w*|llamad\w+|vuelvan? a llamar)|"
        r"\bdeje?n? de llamar\w*|\bno mas llamadas\b"
    ),
    Channel.SMS: re.compile(
        rf"\b{_NO} (?:text|sms|messag)(?:e|es|s|ing)?\b|\bno (?:me )?(?:mande|envie|escriba)\w*|\bno mas (?:mensajes|textos)\b|"
        r"\bdeje?n? de (?:escribir|mandar|enviar|textear)\w*"
    ),
    Channel.EMAIL: re.compile(rf"\b{_NO} e-?mail(?:s|ing)?\b|\bno mas correos\b|\bdarme de baja\b"),
    Channel.MAIL: re.compile(rf"\b{_NO} (?:letter|postal mail|junk mail)s?\b|\bno mas cartas\b"),
}
_BUT = r"(?:you (?:can|may)(?: still)?|(?:ok|okay|fine) to|only|but(?: please)?|please)"
_STILL = {
    Channel.SMS: re.compile(
        rf"\b(?:{_BUT} text|texts? (?:are|is) (?:ok|okay|fine)|text(?:ing)? only|(?:solo|mejor) (?:por )?(?:texto|mensajes?))\b"
    ),
    Channel.EMAIL: re.compile(rf"\b(?:{_BUT} e-?mail|e-?mails? (?:is|are) (?:ok|okay|fine)|e-?mail only)\b"),
}


@dataclass(frozen=True, slots=True)
class Revoked:
    """What a wish closes, and what follows. ``deadline``: the last day to have honoured it everywhere; None where no row says.
    ``confirm_until``: one text that confirms it and sells nothing may leave before.
    """

    at: datetime
    channels: frozenset[Channel]
    deadline: date | None
    confirm_until: datetime | None
    version: str

    def as_row(self) -> dict[str, Any]:
        """The columns of the suppression list that follow from the wish."""
        return {
            "channels": sorted(channel.value for channel in self.channels), "at": self.at, "deadline": self.deadline,
            "confirm_until": self.confirm_until, "tables_version": self.version,
        }  # fmt: skip


def is_stop_word(words: str) -> bool:
    """Whether a message is a stop word and nothing else."""
    return _plain(words) in STOP_WORDS


def is_revocation(words: str) -> bool:
    """Whether a message, read by nobody, takes consent back."""
    low = _plain(words)
    return low in STOP_WORDS or bool(_ALL.search(low)) or any(about.search(low) for about in _ABOUT.values())


def closes_everything(words: str) -> bool:
    """Whether the words forbid every kind of contact."""
    return _ALL.search(_plain(words)) is not None


def closed_by(
    said_on: Channel, words: str | None, at: datetime, tables: ContactTables, scope: frozenset[Channel] | None = None
) -> frozenset[Channel]:
    """The channels that a wish closes. ``scope`` is what a person who took it down says of it, and goes before the words.

    A wish about calls covers texts unless the person said otherwise; one about texts covers every automated call from the day
    of the "revoke all" rule, and where no row gives that day. Words that name no channel close the one they came on.
    """
    if scope:
        return scope
    low = _plain(words or "")
    if _ALL.search(low):
        return EVERY
    named = frozenset(channel for channel, about in _ABOUT.items() if about.search(low))
    closed = frozenset[Channel]()
    for channel in named or {said_on}:
        closed |= _follows(channel, at, tables)
    still = frozenset(channel for channel, words_for in _STILL.items() if words_for.search(low))
    return closed - (still - (named or {said_on}))


def revoke(
    said_on: Channel, words: str | None, at: datetime, tables: ContactTables, scope: frozenset[Channel] | None = None
) -> Revoked:
    """The wish with what follows from it."""
    at = at.astimezone(UTC)
    closed, day = closed_by(said_on, words, at, tables, scope), at.date()
    days, minutes = tables.number("revocation_business_days", day), tables.number("confirmation_minutes", day)
    deadline = None if days is None else business_days_after(day, days.value, tables)
    confirmed = minutes is not None and said_on is Channel.SMS and closed & BY_PHONE
    return Revoked(
        at, closed, deadline, at + timedelta(minutes=minutes.value) if minutes and confirmed else None, tables.version
    )


def business_days_after(day: date, count: int, tables: ContactTables) -> date:
    """The ``count``-th day after ``day`` that is no Saturday, Sunday or federal holiday. An unknown holiday counts as a
    business day, so that the deadline is never too late.
    """
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() < 5 and not tables.holidays.on(FEDERAL, day):  # noqa: PLR2004 - Saturday
            count -= 1
    return day


def _follows(channel: Channel, at: datetime, tables: ContactTables) -> frozenset[Channel]:
    if channel in {Channel.CALL, Channel.AUTODIALLED}:
        return BY_PHONE
    if channel is not Channel.SMS:
        return frozenset({channel})
    rows = [row for row in tables.numbers if row.name == "revoke_all"]
    postponed = rows and not any(row.cited.in_force(at.date()) for row in rows)
    return frozenset({Channel.SMS}) if postponed else frozenset({Channel.SMS, Channel.AUTODIALLED})


def _plain(words: str) -> str:
    bare = unicodedata.normalize("NFKD", words.replace("\u2019", "'").casefold())
    letters = "".join(one for one in bare if not unicodedata.combining(one))
    return " ".join(re.sub(r"[^\w' -]+", " ", letters).replace("opt-out", "opt out").split())
