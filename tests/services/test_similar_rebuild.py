"""The leads' vectors are a projection: thrown away and made anew, they say the same."""

from __future__ import annotations

from uuid import UUID

from domain.actor import Actor
from services.container import Services
from services.leads.schemas import LeadIn
from store.vectors.leads import LeadVectors
from tests.builders import a_lead


async def test_rebuilt_vectors_are_those_of_the_agencys_own_leads(
    services: Services, actor: Actor, other_actor: Actor
) -> None:
    words = ["quote for my 2020 Civic please", "closing on a house in June", ""]
    ids = []
    for who, said in [*((actor, one) for one in words), (other_actor, "quote for my 2020 Civic please")]:
        answer = await services.intake.accept_one(who, LeadIn(**a_lead(message=said)), key=None)
        ids.append(UUID(answer.body["lead_id"]))
    assert await services.similar.rebuild(actor) == 2
    assert services.vectors is not None
    vectors = LeadVectors(services.vectors, services.embedder.name, services.embedder.dimensions)
    asked = (await services.embedder.embed_async([words[0]], kind="query"))[0].tolist()
    found = await vectors.similar(actor.agency_id, asked)
    assert {hit.lead_id for hit in found} == set(ids[:2])
    assert found[0].lead_id == ids[0]
    assert await vectors.count(other_actor.agency_id) == 0
    assert await services.similar.rebuild(actor) == 2
    assert await vectors.count(actor.agency_id) == 2
