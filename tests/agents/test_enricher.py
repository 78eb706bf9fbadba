import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest

from agents.enricher import Enricher
from domain.decision import Decision, Source
from domain.leads.case import LeadCase
from integrations.enrichment import BusinessQuery, EnrichmentSource, Finding, NoEnrichment, PlaceQuery
from integrations.geography import Geography
from kernel.errors import Unavailable
from kernel.ids import new_id

GEOGRAPHY = Geography()


class Directory:
    """A vendor with one record, to see what happens with its facts."""

    name = "directory"

    def __init__(self, *findings: Finding, down: bool = False) -> None:
        self.asked: list[BusinessQuery | PlaceQuery] = []
        self._findings, self._down = findings, down

    async def look_up(self, query: BusinessQuery | PlaceQuery) -> list[Finding]:
        self.asked.append(query)
        if self._down:
            msg = "no answer within 3 s"
            raise Unavailable(msg)
        return list(self._findings) if isinstance(query, BusinessQuery) else []


def a_case(**changes: Any) -> LeadCase:
    return LeadCase(new_id(), new_id(), datetime(2026, 7, 2, 3, 30, tzinfo=UTC), **changes)


def extracted(confidence: float = 0.9, **fields: Any) -> dict[str, Decision]:
    value = {
        "fields": {name: {"value": item, "confidence": confidence} for name, item in fields.items()},
        "do_not_call": False,
    }
    return {"extractor": Decision("extractor", value, 0.9, Source.RULES, "test")}


async def decide(
    known: dict[str, Decision] | None = None, source: EnrichmentSource | None = None, **changes: Any
) -> Decision:
    return await Enricher(GEOGRAPHY, source or NoEnrichment()).decide(a_case(**changes), known or {})


async def test_a_zip_gives_state_point_and_clock() -> None:
    decision = await decide(zip_code="85001")
    value = decision.value
    assert (value["states"], value["state_source"], value["time_zone"]) == (["AZ"], "zip", "America/Phoenix")
    assert value["local_time"] == {"received_at": "2026-07-01T20:30-07:00", "weekday": "wednesday"}
    assert not decision.needs_review


async def test_a_zip_across_a_state_line_needs_a_person() -> None:
    decision = await decide(zip_code="42223")
    assert decision.value["states"] == ["KY", "TN"]
    assert decision.needs_review
    assert decision.confidence <= 0.5


async def test_a_stated_state_decides_a_zip_across_a_line() -> None:
    decision = await decide(zip_code="42223", state="TN")
    assert (decision.value["states"], decision.value["state_source"]) == (["TN"], "address")
    assert not decision.needs_review


async def test_a_contradiction_is_noted_and_takes_point_and_clock_away() -> None:
    decision = await decide(zip_code="60614", state="FL")
    assert decision.value["states"] == ["FL", "IL"]
    assert decision.value["conflicts"] == [{"field": "state", "given": "FL", "found": ["IL"], "source": "ZIP 60614"}]
    assert (decision.value["lat"], decision.value["time_zone"], decision.value["local_time"]) == (None, None, None)
    assert decision.needs_review


async def test_nothing_known_stays_unknown() -> None:
    decision = await decide()
    assert (decision.value["states"], decision.value["state_source"]) == ([], "none")
    assert decision.confidence == 0.0
    assert decision.needs_review


async def test_the_text_fills_what_the_columns_leave_open() -> None:
    decision = await decide(extracted(zip="02138"))
    assert (decision.value["states"], decision.value["zip"]) == (["MA"], "02138")


async def test_a_doubtful_reading_of_the_text_is_not_used() -> None:
    assert (await decide(extracted(0.5, state="GA"))).value["states"] == []


async def test_the_text_never_overwrites_a_column() -> None:
    decision = await decide(extracted(state="FL"), state="TX")
    assert decision.value["states"] == ["TX"]
    assert decision.value["conflicts"] == [{"field": "state", "given": "TX", "found": "FL", "source": "text"}]
    assert decision.needs_review


async def test_a_military_zip_has_no_point_and_no_state() -> None:
    decision = await decide(zip_code="09012")
    assert (decision.value["states"], decision.value["lat"]) == ([], None)


COMMERCIAL = {"classifier": Decision("classifier", {"line": "commercial"}, 0.9, Source.RULES, "test")}
EMPLOYEES = Finding("employees", 12, "directory", date(2026, 1, 5), 0.8)


async def test_vendor_facts_keep_their_source_and_day() -> None:
    decision = await decide(
        dict(COMMERCIAL), Directory(EMPLOYEES), zip_code="60614", fields={"company": "Acme Roofing"}
    )
    assert decision.value["findings"] == [
        {
            "field": "employees",
            "value": 12,
            "source": "directory",
            "as_of": "2026-01-05",
            "confidence": 0.8,
            "status": "new",
        }
    ]


async def test_a_vendor_never_overwrites_the_leads_own_words() -> None:
    fields = {"company": "Acme Roofing", "employees": "9"}
    decision = await decide(dict(COMMERCIAL), Directory(EMPLOYEES), zip_code="60614", fields=fields)
    assert decision.value["findings"][0]["status"] == "conflicts"
    assert decision.value["conflicts"] == [{"field": "employees", "given": "9", "found": 12, "source": "directory"}]
    assert decision.needs_review


async def test_a_vendor_that_agrees_is_no_conflict() -> None:
    fields = {"company": "Acme Roofing", "employees": " 12 "}
    decision = await decide(dict(COMMERCIAL), Directory(EMPLOYEES), zip_code="60614", fields=fields)
    assert decision.value["findings"][0]["status"] == "agrees"
    assert not decision.needs_review


async def test_a_business_is_looked_up_for_commercial_leads_only() -> None:
    directory = Directory(EMPLOYEES)
    await decide(None, directory, zip_code="60614", fields={"company": "Acme Roofing"})
    assert directory.asked == [PlaceQuery("60614")]
    await decide(dict(COMMERCIAL), directory, zip_code="60614-1234", fields={"company": "Acme Roofing"})
    assert directory.asked[1:] == [PlaceQuery("60614"), BusinessQuery("Acme Roofing", "IL", "60614")]


async def test_a_vendor_that_fails_costs_only_its_facts() -> None:
    decision = await decide(None, Directory(down=True), zip_code="60614")
    assert decision.value["states"] == ["IL"]
    assert any("did not answer" in item.reason for item in decision.evidence)


async def test_loading_the_table_leaves_the_loop_free() -> None:
    enricher = Enricher(Geography(), NoEnrichment())
    task = asyncio.create_task(enricher.decide(a_case(zip_code="60614"), {}))
    turns = 0
    while not task.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert (await task).value["states"] == ["IL"]
    assert turns > 10  # loading in the loop's own thread would leave one


def test_a_finding_with_an_impossible_confidence_is_refused() -> None:
    with pytest.raises(ValueError, match="confidence of employees"):
        Finding("employees", 12, "directory", date(2026, 1, 5), 1.5)
