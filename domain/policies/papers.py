"""Papers of a policy: what kind each is, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum


class PaperType(StrEnum):
    """What a document is to its policy. A person says so; what a reader makes of its words is beside it."""

    APPLICATION = "application"
    DECLARATIONS = "declarations"
    NOTICE = "notice"
    PROOF_OF_MAILING = "proof_of_mailing"
    CANCELLATION_REQUEST = "cancellation_request"
    ENDORSEMENT_REQUEST = "endorsement_request"
    ID_CARD = "id_card"
    CLAIM = "claim"
    RECEIPT = "receipt"
    CONFIRMATION = "confirmation"
    RENEWAL_OFFER = "renewal_offer"
    OTHER = "other"

    @property
    def words(self) -> str:
        """For people."""
        return self.value.replace("_", " ").replace("id ", "ID ")


class Verdict(StrEnum):
    """What a person said of it. ``MADE`` was written by the platform and needs nobody's word."""

    OPEN = "open"
    VERIFIED = "verified"
    REJECTED = "rejected"
    MADE = "made"


def over(until: Mapping[str, str], today: date) -> list[str]:
    """Ids of the documents whose last good day (``until``, ISO) is past on a policy day; oldest day first."""
    gone = [(day, one) for one, day in until.items() if date.fromisoformat(day) < today]
    return [one for _, one in sorted(gone)]
