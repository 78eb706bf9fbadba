"""E-mail addresses as people type them: syntax by RFC 5321 and 5322 through email-validator, no DNS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email

_ANGLE = re.compile(r"<\s*(?:mailto:)?([^<>\s]+@[^<>\s]+)\s*>", re.IGNORECASE)
_SEPARATOR = re.compile(r"[,;|\n\t]+|\s/\s")
_EDGES = "\"'`()[]{}<>.,;:*"
_PHONE_LIKE = re.compile(r"[+(\d][\d\s().+/x-]*", re.IGNORECASE)
_MAILTO = re.compile(r"^mailto:", re.IGNORECASE)
# Words that may stand before an address without being a part of it.
_LABELS_WORDS = (
    "e-mail email mail correo address addr at is to or and y o also me contact reach work home personal alt alternate "
    "secondary primary second other via ph phone tel cell mobile"
)
_LABELS = frozenset(_LABELS_WORDS.split())


@dataclass(frozen=True, slots=True)
class Email:
    """A valid address. ``address`` is for sending: local part as typed (Unicode NFC), domain lower-case in IDNA form.

    ``key`` is for matching only: lower-case throughout and without the plus tag.
    """

    address: str
    key: str


class EmailReading(NamedTuple):
    """``emails`` in the order written, without repeats; ``problem`` is a code and ``rest`` the text it is about."""

    emails: tuple[Email, ...]
    problem: str | None = None
    rest: str | None = None

    @property
    def primary(self) -> Email | None:
        """The first valid address."""
        return self.emails[0] if self.emails else None


def read_email(text: str) -> Email | None:
    """The one address that ``text`` is, or None. Names reserved for documentation and tests (RFC 2606) are accepted."""
    candidate = text.strip()
    reserved = candidate.casefold().endswith(".invalid")
    try:
        checked = validate_email(
            f"{candidate[:-8]}.test" if reserved else candidate, check_deliverability=False, test_environment=True
        )
    except EmailNotValidError:
        return None
    domain = checked.ascii_domain.lower()
    if "." not in domain:
        return None
    if reserved:
        domain = domain.removesuffix("test") + "invalid"
    local = checked.local_part
    bare = local.partition("+")[0] or local
    return Email(f"{local}@{domain}", f"{bare.lower()}@{domain}")


def read_emails(text: str) -> EmailReading:
    """Every address in a cell. Words of unclear meaning before an address break it: mail must not reach a stranger.

    ``jessica white@host.com`` is one broken address and not ``white@host.com``. Phone numbers and labels beside an
    address do no harm.
    """
    found: list[Email] = []
    problem = rest = None
    for candidate, broken in _candidates(text):
        email = None if broken else read_email(candidate)
        if email is None:
            if problem is None:
                problem, rest = ("email_broken" if broken else _why(candidate)), candidate
        elif all(email.key != other.key for other in found):
            found.append(email)
    return EmailReading(tuple(found), problem, rest)


def _candidates(text: str) -> list[tuple[str, bool]]:
    # Pairs of a text that is meant as an address and whether it is broken by words around it.
    plain = _ANGLE.sub(r",\1,", text)
    return [pair for segment in _SEPARATOR.split(plain) for pair in _segment(segment.strip())]


def _segment(segment: str) -> list[tuple[str, bool]]:
    if "@" not in segment:
        return []
    spotted: list[tuple[str, bool]] = []
    unclear: list[str] = []
    for word in _words(segment):
        bare = _MAILTO.sub("", word).strip(_EDGES)
        if "@" in bare:
            # "E-mail:bob@host.com" glues a label to the address.
            label, _, tail = bare.partition(":")
            bare = tail if tail and label.casefold() in _LABELS else bare
            local = bare.partition("@")[0].casefold()
            broken = bool(unclear) and not any(len(item) > 1 and item.casefold() in local for item in unclear)
            spotted.append((" ".join([*unclear, bare]) if broken else bare, broken))
            unclear = []
        elif bare.casefold() in _LABELS or word.endswith((":", "-")):
            unclear = []
        elif bare and not _PHONE_LIKE.fullmatch(bare):
            unclear.append(bare)
    return spotted


def _words(segment: str) -> list[str]:
    # A slash is allowed in a local part, so it parts two addresses only where there are two.
    return [
        piece for word in segment.split() for piece in (word.split("/") if word.count("@") > 1 else [word]) if piece
    ]


def _why(candidate: str) -> str:
    local, _, domain = candidate.rpartition("@")
    return (
        "email_missing_domain_end" if local and "@" not in local and domain and "." not in domain else "email_invalid"
    )
