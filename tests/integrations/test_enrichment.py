"""Vendors of facts over HTTP: what is asked, what is taken from the answer, and what a failing vendor costs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import pytest
import respx
from pydantic import SecretStr, ValidationError

from integrations.enrichment import BusinessQuery, NoEnrichment, PlaceQuery, enrichment_source
from integrations.enrichment.port import EnrichmentSource
from kernel.errors import Unavailable
from kernel.settings import DnbSettings, EnrichmentSettings, JsonSourceSettings

DNB = "https://plus.dnb.com"
BAKERY = BusinessQuery("Corner Bakery LLC", "TX", "78701")
MATCH = {
    "matchCandidates": [
        {"matchQualityInformation": {"confidenceCode": 9}, "organization": {"duns": "804735132", "primaryName": "X"}}
    ]
}
COMPANY = {
    "organization": {
        "duns": "804735132",
        "startDate": "1998-05",
        "numberOfEmployees": [
            {"value": 4, "informationScopeDescription": "Individual"},
            {"value": 31, "informationScopeDescription": "Consolidated"},
        ],
        "industryCodes": [
            {"description": "Retail Bakeries", "typeDescription": "US Standard Industry Code", "priority": 1},
            {"description": "Baked Goods", "typeDescription": "North American Industry Classification System 2022",
             "priority": 1},
        ],
        "financials": [
            {"financialStatementToDate": "2025-12-31", "yearlyRevenue": [{"value": 1250000.0, "currency": "USD"}]}
        ],
        "dunsControlStatus": {"operatingStatus": {"description": "Active"}},
    }
}  # fmt: skip


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=1) as client:
        yield client


def dnb(http: httpx.AsyncClient, **more: Any) -> EnrichmentSource:
    settings = DnbSettings(key=SecretStr("k"), secret=SecretStr("s"), **more)
    return enrichment_source(EnrichmentSettings(dnb=settings), http)


def signed_in(mock: respx.MockRouter) -> respx.Route:
    return mock.post(f"{DNB}/v2/token").respond(json={"access_token": "t", "expiresIn": 86400})


async def test_without_settings_nobody_is_asked(http: httpx.AsyncClient) -> None:
    source = enrichment_source(EnrichmentSettings(), http)
    assert isinstance(source, NoEnrichment)
    assert await source.look_up(BAKERY) == []


@respx.mock
async def test_a_matched_business_gives_facts_with_source_day_and_confidence(http: httpx.AsyncClient) -> None:
    token = signed_in(respx.mock)
    match = respx.get(f"{DNB}/v1/match/cleanseMatch").respond(json=MATCH)
    respx.get(f"{DNB}/v1/data/duns/804735132", params={"blockIDs": "companyinfo_L2_v1"}).respond(json=COMPANY)
    source = dnb(http)
    found = {one.field: one for one in await source.look_up(BAKERY)}
    assert {field: one.value for field, one in found.items()} == {
        "duns": "804735132", "employees": 31, "business_kind": "Baked Goods", "year_started": 1998,
        "annual_revenue": {"amount": "1250000", "currency": "USD"}, "operating_status": "Active",
    }  # fmt: skip
    assert found["annual_revenue"].as_of == date(2025, 12, 31)
    assert {one.confidence for one in found.values()} == {0.9}
    asked = match.calls.last.request.url.params
    assert dict(asked) == {
        "name": "Corner Bakery LLC", "countryISOAlpha2Code": "US", "candidateMaximumQuantity": "1",
        "addressRegion": "TX", "postalCode": "78701",
    }  # fmt: skip
    await source.look_up(BAKERY)
    assert (token.call_count, match.call_count) == (1, 1)


@respx.mock
async def test_a_doubtful_match_is_none(http: httpx.AsyncClient) -> None:
    signed_in(respx.mock)
    respx.get(f"{DNB}/v1/match/cleanseMatch").respond(json=MATCH)
    assert await dnb(http, min_confidence=10).look_up(BAKERY) == []


@respx.mock
async def test_no_match_and_a_place_give_nothing(http: httpx.AsyncClient) -> None:
    signed_in(respx.mock)
    respx.get(f"{DNB}/v1/match/cleanseMatch").respond(404, json={"error": {"errorCode": "20505"}})
    assert await dnb(http).look_up(BAKERY) == []
    assert await dnb(http).look_up(PlaceQuery("78701")) == []


@respx.mock
async def test_an_old_token_is_renewed_once(http: httpx.AsyncClient) -> None:
    token = signed_in(respx.mock)
    respx.get(f"{DNB}/v1/match/cleanseMatch").mock(
        side_effect=[httpx.Response(401), httpx.Response(200, json={"matchCandidates": []})]
    )
    assert await dnb(http).look_up(BAKERY) == []
    assert token.call_count == 2


@respx.mock
async def test_a_refused_key_says_which_settings_to_check(http: httpx.AsyncClient) -> None:
    respx.post(f"{DNB}/v2/token").respond(401, json={"error": {}})
    with pytest.raises(Unavailable, match="LEADWRIGHT_ENRICHMENT__DNB__KEY"):
        await dnb(http).look_up(BAKERY)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(429, headers={"retry-after": "0"}),
        httpx.ConnectTimeout("slow"),
        httpx.Response(200, text="<html>"),
    ],
    ids=["broken", "busy", "slow", "no JSON"],
)
@respx.mock
async def test_a_failing_vendor_is_unavailable_and_names_no_business(http: httpx.AsyncClient, answer: Any) -> None:
    signed_in(respx.mock)
    route = respx.get(f"{DNB}/v1/match/cleanseMatch").mock(side_effect=[answer, answer])
    with pytest.raises(Unavailable) as caught:
        await dnb(http).look_up(BAKERY)
    assert "Bakery" not in str(caught.value)
    assert route.call_count <= 2


def json_settings(**more: Any) -> EnrichmentSettings:
    given: dict[str, Any] = {
        "url": "https://facts.example/v1/{state}/{name}?zip={zip}", "name": "facts", "as_of": "meta.day",
        "fields": {"employees": "company.size", "business_kind": "company.kinds.0.name", "odd": "company"},
        "headers": {"X-Key": "secret"},
    }  # fmt: skip
    return EnrichmentSettings(json_source=JsonSourceSettings(**(given | more)))


@respx.mock
async def test_any_json_vendor_is_described_by_settings(http: httpx.AsyncClient) -> None:
    route = respx.get("https://facts.example/v1/TX/A%2FB%20%26%20Sons", params={"zip": "78701"}).respond(
        json={"company": {"size": 12, "kinds": [{"name": "roofing"}]}, "meta": {"day": "2026-01-31"}}
    )
    found = await enrichment_source(json_settings(), http).look_up(BusinessQuery("A/B & Sons", "TX", "78701"))
    assert [(one.field, one.value, one.source, one.as_of) for one in found] == [
        ("employees", 12, "facts", date(2026, 1, 31)), ("business_kind", "roofing", "facts", date(2026, 1, 31)),
    ]  # fmt: skip
    assert route.calls.last.request.headers["x-key"] == "secret"


async def test_a_query_without_a_part_of_the_address_is_not_sent(http: httpx.AsyncClient) -> None:
    source = enrichment_source(json_settings(), http)
    assert await source.look_up(BusinessQuery("A", None, "78701")) == []
    assert await source.look_up(PlaceQuery("78701")) == []


@respx.mock
async def test_one_vendor_away_costs_only_its_own_facts(http: httpx.AsyncClient) -> None:
    respx.post(f"{DNB}/v2/token").respond(503)
    respx.get(host="facts.example").respond(json={"company": {"size": 12}})
    both = json_settings().model_copy(update={"dnb": DnbSettings(key=SecretStr("k"), secret=SecretStr("s"))})
    assert [one.source for one in await enrichment_source(both, http).look_up(BAKERY)] == ["facts"]


def test_half_a_login_and_a_source_without_fields_are_refused() -> None:
    with pytest.raises(ValidationError, match="go together"):
        DnbSettings(key=SecretStr("k"))
    with pytest.raises(ValidationError, match="needs its fields"):
        JsonSourceSettings(url="https://facts.example/{zip}")
