"""Events of leads that sources send are what their committed schemas say."""

from typing import Any
from uuid import UUID

from domain.actor import Actor
from domain.leads.lifecycle import Happening
from kernel.clock import now
from kernel.ids import new_id
from services.container import Services
from services.leads.schemas import ConsentIn, LeadIn
from tests.api.sources import SourceMaker
from tests.api.test_api_forms import Postbox, messages_by, submit
from tests.api.test_api_source_account import RETURNS, give_back, taken
from tests.builders import a_lead
from tests.told import OF_SOURCES, kinds_told


async def test_leads_confirmed_returned_and_certified(
    services: Services, actor: Actor, make_source: SourceMaker, client: Any, signed: Any
) -> None:
    postbox = Postbox()
    post = messages_by(services, postbox)
    form = await make_source("form", double_opt_in=True)
    await submit(form, client)
    while await post.work():
        pass
    link = next(word for word in postbox.messages[-1].text.split() if "/confirm/" in word)
    assert (await client.post(link.removeprefix("http://127.0.0.1:8000"))).status_code == 200

    bought = await make_source("webhook", price={"minor": 500}, returns=RETURNS)
    assert (await give_back(client, signed, await taken(bought), "wrong_number")).status_code == 200

    url = f"https://cert.trustedform.com/{new_id().hex}"
    consent = ConsentIn(text="I agree.", at=now(), certificate_url=url)
    lead = LeadIn(**a_lead(), consent=consent)
    certified = UUID((await services.intake.accept_one(actor, lead, key=None)).body["lead_id"])
    while await services.certificates.work():
        pass
    told = [event.kind for event in await services.lead_queries.timeline(actor, certified)]
    assert told == ["received", "certified"]
    assert await kinds_told(services, actor) == {Happening.RECEIVED} | OF_SOURCES
