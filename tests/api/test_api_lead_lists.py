"""Finding leads: pages that miss nothing, filters, and what lies near a point."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from domain.geo import miles
from kernel.ids import new_id
from services.container import Services

LEADS = "/api/v1/leads"
Send = Callable[..., Awaitable[str]]


async def pages(client: httpx.AsyncClient, signed: dict[str, str], **query: Any) -> list[list[dict[str, Any]]]:
    found, cursor = [], None
    while True:
        params = query | ({"cursor": cursor} if cursor else {})
        answer = await client.get(LEADS, params=params, headers=signed)
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["items"])
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found


async def test_pages_hold_every_lead_once_newest_first(
    client: httpx.AsyncClient, signed: dict[str, str], send_lead: Send
) -> None:
    source = f"paging-{new_id().hex[-8:]}"
    sent = [await send_lead(source=source) for _ in range(23)]
    for limit in (1, 7, 23, 200):
        found = await pages(client, signed, source=source, limit=limit)
        assert all(len(page) == limit for page in found[:-1])
        assert [lead["id"] for page in found for lead in page] == sent[::-1]


async def test_a_batch_of_one_instant_pages_as_well(client: httpx.AsyncClient, signed: dict[str, str]) -> None:
    source = f"instant-{new_id().hex[-8:]}"
    body = {"leads": [{"email": f"{new_id().hex}@example.com", "source": source} for _ in range(31)]}
    answer = await client.post(f"{LEADS}/batch", json=body, headers=signed)
    sent = {item["lead_id"] for item in answer.json()["items"]}
    found = [lead["id"] for page in await pages(client, signed, source=source, limit=10) for lead in page]
    assert len(found) == 31
    assert set(found) == sent


async def test_the_total_is_counted_only_when_asked(
    client: httpx.AsyncClient, signed: dict[str, str], send_lead: Send
) -> None:
    source = f"count-{new_id().hex[-8:]}"
    for _ in range(3):
        await send_lead(source=source)
    plain = await client.get(LEADS, params={"source": source, "limit": 1}, headers=signed)
    asked = await client.get(LEADS, params={"source": source, "limit": 1, "count": "true"}, headers=signed)
    assert "X-Total-Count" not in plain.headers
    assert asked.headers["X-Total-Count"] == "3"


async def test_values_of_one_filter_are_alternatives_and_filters_narrow(
    client: httpx.AsyncClient, signed: dict[str, str], send_lead: Send, queued_lead: Send
) -> None:
    source = f"filter-{new_id().hex[-8:]}"
    fresh, waiting = (
        await send_lead(source=source, state="TX"),
        await queued_lead(source=source, state="IL", zip="60601"),
    )

    async def ids(**query: Any) -> set[str]:
        return {lead["id"] for page in await pages(client, signed, source=source, **query) for lead in page}

    assert await ids(status="queued") == {waiting}
    assert await ids(status=["queued", "received"]) == {fresh, waiting}
    assert await ids(status="queued", state="tx") == set()
    assert await ids(state="tx") == {fresh}
    assert await ids(received_from="2999-01-01T00:00:00Z") == set()
    assert await ids(received_before="2999-01-01T00:00:00Z") == {fresh, waiting}
    assert await ids(min_score=0) == set()
    assert await ids(producer_id=str(new_id())) == set()


async def test_another_agency_sees_none_of_ours(
    client: httpx.AsyncClient, foreign: dict[str, str], send_lead: Send
) -> None:
    source = f"ours-{new_id().hex[-8:]}"
    await send_lead(source=source)
    assert await pages(client, foreign, source=source) == [[]]
    near = await client.get(f"{LEADS}/nearby", params={"zip": "75201", "miles": 500, "limit": 200}, headers=foreign)
    assert source not in {lead["source"] for lead in near.json()["items"]}


async def test_nearby_is_sorted_within_the_radius_and_complete(
    client: httpx.AsyncClient, signed: dict[str, str], send_lead: Send, services: Services
) -> None:
    # Dallas, Richardson, Fort Worth, Waco, Austin, Chicago.
    sent = {await send_lead(zip=code): code for code in ("75201", "75080", "76102", "76701", "78701", "60601")}
    centre = services.geography.place("75201")
    assert centre is not None
    for within in (0.5, 25, 100, 250):
        answer = await client.get(
            f"{LEADS}/nearby", params={"zip": "75201", "miles": within, "limit": 200}, headers=signed
        )
        assert answer.status_code == 200, answer.text
        items = answer.json()["items"]
        distances = [lead["miles"] for lead in items]
        assert distances == sorted(distances)
        assert all(distance <= within for distance in distances)
        expected = set()
        for lead_id, code in sent.items():
            place = services.geography.place(code)
            assert place is not None
            far = miles(centre.lat, centre.lon, place.lat, place.lon)
            assert far is not None
            if far <= within:
                expected.add(lead_id)
        assert {lead["id"] for lead in items} & set(sent) == expected


async def test_a_point_works_like_its_zip_and_filters_hold(
    client: httpx.AsyncClient, signed: dict[str, str], queued_lead: Send, services: Services
) -> None:
    lead_id = await queued_lead(zip="59801")
    place = services.geography.place("59801")
    assert place is not None
    by_point: dict[str, Any] = {"lat": place.lat, "lon": place.lon, "miles": 1}
    by_zip: dict[str, Any] = {"zip": "59801", "miles": 1}
    for params in (by_zip, by_point, by_point | {"status": "queued"}):
        answer = await client.get(f"{LEADS}/nearby", params=params, headers=signed)
        assert lead_id in {lead["id"] for lead in answer.json()["items"]}
    other = await client.get(f"{LEADS}/nearby", params=by_point | {"status": "won"}, headers=signed)
    assert lead_id not in {lead["id"] for lead in other.json()["items"]}


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", {"zip"}), ("lat=32", {"lat"}), ("zip=75201&lat=32&lon=-96", {"zip", "lat", "lon"}), ("zip=00000", {"zip"}),
        ("zip=Dallas", {"zip"}), ("zip=75201&miles=0", {"miles"}), ("zip=75201&miles=501", {"miles"}),
        ("zip=75201&miles=nan", {"miles"}), ("lat=91&lon=0", {"lat"}), ("lat=0&lon=-181", {"lon"}),
        ("lat=nan&lon=inf", {"lat", "lon"}),
        ("zip=75201&radius=3", {"radius"}), ("zip=75201&limit=201", {"limit"}),
    ],
)  # fmt: skip
async def test_a_point_must_be_named_in_one_way(
    client: httpx.AsyncClient, signed: dict[str, str], query: str, fields: set[str]
) -> None:
    answer = await client.get(f"{LEADS}/nearby?{query}", headers=signed)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == fields
