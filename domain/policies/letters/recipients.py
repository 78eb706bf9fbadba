"""Who is written to beside the insured: whom the notice's legal row names, and who has lent on what is insured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.policies.contents import Contents, Part
from domain.policies.letters.letter import Named, insured_party, plain, said
from domain.policies.notices import Recipient

_LENDERS = ("mortgagee", "lienholder")
_PARTIES = (Recipient.OWNER, Recipient.DESIGNEE, Recipient.ASSIGNEE)


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody a letter is to. ``key`` is the party's in the contents, ``role`` for the letter. A ``required`` one must have an
    address, or the notice could not have been mailed to them.
    """

    key: str
    role: str
    name: str
    address: str
    required: bool

    @property
    def block(self) -> Named:
        """Whom it is to, at the head of the letter."""
        pairs = [("To", self.name), ("Address", self.address), ("As", plain(self.role))]
        return Named([(one, value) for one, value in pairs if value])


def addressees(contents: Contents, named: Iterable[str], producer: str | None) -> list[Addressee]:
    """The insured first, then everybody who is ``named`` and there, then lenders. An owner who is the insured is one person.
    ``producer`` is the name of the producer of record, whom the agency reaches without an address.
    """
    wanted, parties = set(named), contents.of(Part.PARTY)
    first, insured = insured_party(contents)
    name, address = said(insured.get("name") or ""), said(insured.get("address") or "")
    found = [Addressee(first, "named_insured", name, address, required=True)]
    for role in (*(one.value for one in _PARTIES if one in wanted), *_LENDERS):
        for key, one in parties.items():
            theirs = said(one.get("name") or "")
            if one.get("role") != role or (role == Recipient.OWNER and theirs == name):
                continue
            found.append(Addressee(key, role, theirs, said(one.get("address") or ""), required=role in wanted))
    if Recipient.PRODUCER in wanted:
        found.append(Addressee(Recipient.PRODUCER, Recipient.PRODUCER, said(producer or ""), "", required=True))
    return found


def reachable(then: Contents, latest: Contents) -> Contents:
    """The contents as they were, with addresses that were found out since for parties that had none."""
    known = latest.of(Part.PARTY)
    parties = {
        key: {**one, "address": one.get("address") or known.get(key, {}).get("address")}
        for key, one in then.of(Part.PARTY).items()
    }
    return Contents({**then.parts, Part.PARTY: parties})
