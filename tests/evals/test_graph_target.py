"""Cases through the whole lead graph: how the lead ended is read from Postgres, and a faulty case is refused by name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from domain.actor import system_actor
from evals.graders.state import EndState
from evals.graders.unmoved import Unmoved
from evals.records import Answer, Case
from evals.suite import load_suite
from evals.targets.graph import GraphTarget, LeadWay
from evals.targets.means import Means, Purse
from evals.targets.port import Target
from evals.targets.swapped import Swapped
from kernel.errors import Invalid
from kernel.settings import Settings
from services.container import Services

ROUTER = load_suite("router")
LEAD = {"full_name": "Ann Lee", "email": "ann@leads.example", "zip": "60614", "state": "IL", "line": "auto"}


@pytest.fixture
async def lent(tmp_path: Path) -> AsyncIterator[Means]:
    made = Means(Settings(_env_file=None, home=tmp_path), Purse(None))
    yield made
    await made.close()


@pytest.fixture
def target() -> GraphTarget:
    assert isinstance(ROUTER.target, GraphTarget)
    return ROUTER.target


@pytest.fixture
def way(services: Services, target: GraphTarget, lent: Means) -> LeadWay:
    return LeadWay(services, target.book, lent)


@dataclass(frozen=True)
class Opened(GraphTarget):
    """The lead graph on an installation that is open already."""

    way: LeadWay | None = None

    @asynccontextmanager
    async def open(self, means: Means) -> AsyncIterator[LeadWay]:
        assert self.way is not None
        yield self.way


async def ended(way: LeadWay, target: Target, lent: Means, case: Case) -> Answer:
    return await way.answer(case, target.variant("local", lent), 0)


@pytest.mark.parametrize("name", [
    "licence-before-score", "licence-empty-is-unknown", "zip-of-two-states", "absent-the-whole-local-day", "room-for-one",
    "declined-by-all", "turn-by-turn", "exclusive-waits-for-her", "do-not-call", "repeat",
])  # fmt: skip
async def test_a_lead_ends_as_the_trade_says(way: LeadWay, target: GraphTarget, lent: Means, name: str) -> None:
    """DOMAIN T1, T2, T4, T7, T8, T10, T11 and T16 through the graph."""
    (case,) = [one for one in ROUTER.cases.cases if one.id == name]
    answer = await ended(way, target, lent, case)
    for grader in (EndState(), EndState("safe")):
        for score in await grader.grade(case, answer):
            assert score.passed, score.reason


async def test_the_end_is_the_databases_and_a_receipt_that_was_touched_does_not_replay(
    services: Services, way: LeadWay, target: GraphTarget, lent: Means
) -> None:
    answer = await ended(way, target, lent, Case("touched receipt", {"agency": {"only": ["ana"]}, "lead": LEAD}))
    assert (answer.output["status"], answer.output["producer"], answer.state["replays"]) == ("assigned", "ana", True)
    url = services.settings.postgres.owner_url
    assert url is not None
    engine = create_async_engine(make_url(url.get_secret_value()))
    async with engine.begin() as owner:
        of_case = "SELECT agency_id, lead.id FROM lead JOIN agency ON agency.id = agency_id WHERE agency.name = 'touched receipt'"
        found = (await owner.execute(text(of_case))).one()
        await owner.execute(text("ALTER TABLE receipt DISABLE TRIGGER USER"))
        await owner.execute(text("UPDATE receipt SET producer_id = NULL WHERE lead_id = :lead"), {"lead": found.id})
        await owner.execute(text("ALTER TABLE receipt ENABLE TRIGGER USER"))
    await engine.dispose()
    assert (await way.state(system_actor(found.agency_id, "evals"), found.id))["replays"] is False


@pytest.mark.parametrize(("given", "where"), [
    ({"lead": LEAD, "agency": {"only": ["zoe"]}}, "agency"), ({"lead": LEAD, "led": 1}, "led"),
    ({"lead": {"zipp": "1"}}, "lead.zipp"), ({"lead": LEAD, "at": "2026-11-25T16:30:00"}, "at"),
    ({"lead": LEAD, "agency": {"rules": [{"name": "x"}]}}, "rules"),
])  # fmt: skip
async def test_a_case_that_cannot_be_is_refused_by_name(
    way: LeadWay, target: GraphTarget, lent: Means, given: dict[str, Any], where: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await ended(way, target, lent, Case("c", given))
    assert refused.value.fields[0].field.startswith("case c: ")
    assert where in refused.value.fields[0].field


@pytest.mark.parametrize(
    ("spec", "said"), [("cascade", "cannot be run"), ("local@m", "cannot be run"), ("llm", "cannot be run")]
)
def test_only_what_there_is_can_be_run(target: GraphTarget, lent: Means, spec: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        target.variant(spec, lent)


async def test_a_lead_told_in_two_ways_shows_whom_a_reason_moves_and_whom_it_does_not(
    way: LeadWay, target: GraphTarget, lent: Means
) -> None:
    """What the suite of fairness holds still does move where there is a reason, so its graders can fail."""
    bo = {"conversion": {"won": 2, "tried": 100}, "languages": ["en", "es"]}
    agency = {
        "only": ["ana", "bo"],
        "producers": {"bo": bo},
        "weights": {"rows": [{"weights": {"language": 90, "performance": 10}}]},
    }
    ways = [
        {"said": "I need car insurance for my Civic", "state": "IL"},
        {"said": "Necesito seguro para mi carro", "state": "IL"},
    ]
    moved = await _both(
        way, target, lent, {"lead": LEAD | {"message": "{said}", "state": "{state}"}, "agency": agency, "ways": ways}
    )
    graders = [Unmoved((path,), part="state", name=path) for path in ("gates", "order", "producer", "misspelt")]
    free = Case("free", {}, {"moves": ["order", "producer"]})
    assert [await _passed(grader, Case("c", {}), moved) for grader in graders] == [True, False, False, False]
    assert [await _passed(grader, free, moved) for grader in graders] == [True, None, None, False]
    assert moved.state["ways"][1]["order"] == ["bo", "ana"]
    licence = {"lead": LEAD | {"zip": "{zip}", "state": "{state}"}, "ways": [
        {"zip": "60614", "state": "IL"}, {"zip": "33602", "state": "FL"}]}  # fmt: skip
    assert await _passed(graders[0], Case("c", {}), await _both(way, target, lent, licence)) is False


async def _both(way: LeadWay, target: GraphTarget, lent: Means, given: dict[str, Any]) -> Answer:
    swapped = Swapped(Opened(target.book, way=way), whole=True)
    async with swapped.open(lent) as answering:
        return await answering.answer(Case("told", given), swapped.variant("local", lent), 0)


async def _passed(grader: Unmoved, case: Case, answer: Answer) -> bool | None:
    scores = await grader.grade(case, answer)
    return scores[0].passed if scores else None


def test_another_book_is_another_suite(target: GraphTarget) -> None:
    assert '"cy"' in repr(target)
