"""Weights, rules and strategy over the API: every version is listed, and any can be in force again."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

ROUTING = "/api/v1/routing"
FIRST, SECOND = {"rows": [{"weights": {"distance": "1"}}]}, {"rows": [{"weights": {"language": "1"}}]}


async def put(client: httpx.AsyncClient, headers: dict[str, str], kind: str, body: Any, why: str) -> httpx.Response:
    return await client.put(f"{ROUTING}/{kind}", json={"body": body, "why": why}, headers=headers | {"If-Match": "*"})


async def test_an_earlier_version_is_in_force_again_as_a_new_one(
    client: httpx.AsyncClient, signed: dict[str, str]
) -> None:
    first = await put(client, signed, "weights", FIRST, "near is best")
    second = await put(client, signed, "weights", SECOND, "words are best")
    path = f"{ROUTING}/weights/versions/{first.json()['version']}/restore"
    late = await client.post(path, json={"why": "again"}, headers=signed | {"If-Match": first.headers["ETag"]})
    assert (late.status_code, late.json()["current"]["version"]) == (412, second.json()["version"])
    without = await client.post(path, json={"why": "again"}, headers=signed)
    assert without.status_code == 428
    current = signed | {"If-Match": second.headers["ETag"]}
    done = await client.post(path, json={"why": "far leads were lost"}, headers=current)
    assert done.status_code == 200, done.text
    saved = done.json()
    assert (saved["version"], saved["body"]) == (second.json()["version"] + 1, first.json()["body"])
    assert saved["why"] == f"version {first.json()['version']} again: far leads were lost"
    in_force = await client.get(f"{ROUTING}/weights", headers=signed)
    assert (in_force.json(), in_force.headers["ETag"]) == (saved, done.headers["ETag"])
    listed = (await client.get(f"{ROUTING}/weights/versions", headers=signed)).json()["items"]
    assert listed[:3] == [saved, second.json(), first.json()]


@pytest.mark.parametrize("kind", ["weights", "rules", "strategy"])
async def test_version_0_is_what_is_shipped(client: httpx.AsyncClient, signed: dict[str, str], kind: str) -> None:
    body = {"weights": FIRST, "rules": [{"name": "wait", "do": "hold", "reason": "look"}]}.get(
        kind, {"agency": {"kind": "round_robin"}}
    )
    assert (await put(client, signed, kind, body, "other")).status_code == 200
    headers = signed | {"If-Match": "*"}
    done = await client.post(f"{ROUTING}/{kind}/versions/0/restore", json={"why": "back"}, headers=headers)
    assert done.status_code == 200, done.text
    assert done.json()["body"] != body
    shipped = {"weights": {"rows": []}, "rules": []}.get(kind)
    assert shipped is None or done.json()["body"] == shipped


@pytest.mark.parametrize(
    ("version", "body", "status"),
    [("9999", {"why": "x"}, 404), ("-1", {"why": "x"}, 422), ("two", {"why": "x"}, 422), ("0", {"why": ""}, 422), ("0", {}, 422)],
)  # fmt: skip
async def test_what_cannot_be_restored_is_refused(
    client: httpx.AsyncClient, signed: dict[str, str], version: str, body: dict[str, str], status: int
) -> None:
    before = (await client.get(f"{ROUTING}/rules", headers=signed)).json()
    headers = signed | {"If-Match": "*"}
    answer = await client.post(f"{ROUTING}/rules/versions/{version}/restore", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert (await client.get(f"{ROUTING}/rules", headers=signed)).json() == before
