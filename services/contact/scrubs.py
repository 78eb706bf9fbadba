"""Numbers compared with do-not-call lists elsewhere, and what came of it (DOMAIN T15)."""

from __future__ import annotations

from domain.actor import Actor, Scope
from domain.leads.reading.phone import read_phone
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from kernel.ids import new_id
from services.contact.schemas import ScrubsIn, ScrubsTaken
from store.uow import Database


class Scrubs:
    """Kept by the number's hash, for every lead that has it or will have it."""

    def __init__(self, database: Database, region: str | None) -> None:
        self._database = database
        self._region = region

    async def record(self, actor: Actor, body: ScrubsIn) -> ScrubsTaken:
        """Write a batch down, all of it or nothing; the same again changes nothing. Raises Invalid for numbers that cannot be
        read, and for a comparison that lies in the future.
        """
        actor.require(Scope.LEADS_WRITE)
        actor.require_whole_agency()
        moment = now()
        if body.at > moment:
            fault = FieldError("at", "future", "has not come yet", "send when the list was read", body.at.isoformat())
            raise Invalid("the comparison cannot be recorded", fields=(fault,))
        read = [read_phone(one.phone, self._region) for one in body.results]
        faults = tuple(
            FieldError(f"results.{place}.phone", "unreadable", "is no phone number", "send it with its country code")
            for place, phone in enumerate(read)
            if phone.key is None
        )
        if faults:
            raise Invalid("some numbers cannot be read; nothing was recorded", fields=faults[:100])
        # Of a number that came twice, the answer that forbids counts.
        listed: dict[str, bool] = {}
        for phone, one in zip(read, body.results, strict=True):
            number = phone.e164 or str(phone.key)
            listed[number] = listed.get(number, False) or one.listed
        async with self._database.begin(actor) as uow:
            hashes = await uow.contact.phone_hashes(listed)
            taken = await uow.contact.add_scrubs([
                {
                    "id": new_id(), "person": person, "list": body.list, "listed": on, "at": body.at, "recorded_at": moment,
                    "recorded_by": actor.subject,
                }
                for person, on in zip(hashes, listed.values(), strict=True)
            ])  # fmt: skip
            await uow.audit.note("contact.scrub", "scrub", None, list=body.list, taken=taken)
        return ScrubsTaken(taken=taken, known=len(listed) - taken)
