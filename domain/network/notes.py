"""What must not stand in a note that goes with a referral: its receiver is not told who the person is before taking the lead."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]+")
_LEAST_NAME, _LEAST_DIGITS = 3, 7
_MAIL = re.compile(r"\S+@\S+\.\w+")
_PHONE = re.compile(r"\+?\d(?:[\s().-]?\d){6,}")


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a lead is about, as far as is known."""

    name: str | None
    phone: str | None
    email: str | None
    street: str | None = None


def personal_in(note: str, person: Person) -> list[str]:
    """What of the person the note gives away: ``name``, ``phone``, ``email`` or ``address``; whose phone number or e-mail address
    it is cannot be told, so none may stand there. A part of a name counts from three letters on, in any case and without accents.
    """
    found = []
    words = {_plain(one) for one in _WORD.findall(note)}
    if {_plain(one) for one in _WORD.findall(person.name or "") if len(one) >= _LEAST_NAME} & words:
        found.append("name")
    digits = re.sub(r"\D", "", person.phone or "")[-_LEAST_DIGITS:]
    if _PHONE.search(note) or (len(digits) == _LEAST_DIGITS and digits in re.sub(r"\D", "", note)):
        found.append("phone")
    if _MAIL.search(note) or (person.email and person.email.casefold() in note.casefold()):
        found.append("email")
    if person.street and _plain(person.street) in _plain(note):
        found.append("address")
    return found


def _plain(text: str) -> str:
    kept = unicodedata.normalize("NFKD", text)
    return " ".join("".join(one for one in kept if not unicodedata.combining(one)).casefold().split())
