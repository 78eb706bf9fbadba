"""A source at work: made over the API, with a secret, and everything that signs for it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx

from kernel.clock import now
from kernel.ids import new_id


class SourceAt:
    """One source and its sender."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        headers: dict[str, str],
        agency: str,
        made: dict[str, Any],
        secret: dict[str, Any],
    ) -> None:
        self._client = client
        self._headers = headers
        self.agency = agency
        self.made = made
        self.id: str = made["id"]
        self.uuid = UUID(self.id)
        self.slug: str = made["settings"]["slug"]
        self.secret: str = secret["secret"]
        self.secret_id: str = secret["id"]

    @property
    def path(self) -> str:
        return f"/api/v1/inbound/{self.agency}/{self.slug}"

    def lead(self, **fields: Any) -> dict[str, Any]:
        """A person whom nobody has sent before."""
        word = new_id().hex[-12:]
        body = {
            "full_name": "Ana Ruiz",
            "email": f"ana.{word}@example.com",
            "state": "TX",
            "zip": "75201",
            "line": "auto",
        }
        return {name: value for name, value in (body | fields).items() if value is not None}

    def signature(self, body: bytes, secret: str | None = None, at: str | None = None) -> str:
        at = at or str(int(now().timestamp()))
        made = hmac.new((secret or self.secret).encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        return f"t={at},v1={made}"

    async def send(
        self, body: Any, *, door: str = "webhook", secret: str | None = None, at: str | None = None,
        header: str | None = None, slug: str | None = None, agency: str | None = None, delivery: str | None = None,
        content_type: str = "application/json",
    ) -> httpx.Response:  # fmt: skip
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": content_type}
        signature = self.signature(raw, secret, at) if header is None else header
        headers |= {"X-Leadwright-Signature": signature} if signature else {}
        headers |= {"X-Leadwright-Delivery": delivery} if delivery else {}
        path = f"/api/v1/inbound/{agency or self.agency}/{slug or self.slug}/{door}"
        return await self._client.post(path, content=raw, headers=headers)

    async def get(self) -> httpx.Response:
        return await self._client.get(f"/api/v1/sources/{self.id}", headers=self._headers)

    async def change(self, **settings: Any) -> httpx.Response:
        now_there = await self.get()
        headers = self._headers | {"If-Match": now_there.headers["ETag"]}
        body = now_there.json()["settings"] | settings
        return await self._client.put(f"/api/v1/sources/{self.id}", json=body, headers=headers)

    async def add_secret(self) -> dict[str, Any]:
        made: dict[str, Any] = (
            await self._client.post(f"/api/v1/sources/{self.id}/secrets", headers=self._headers)
        ).json()
        return made

    async def revoke_secret(self, secret_id: str) -> None:
        answer = await self._client.delete(f"/api/v1/sources/{self.id}/secrets/{secret_id}", headers=self._headers)
        assert answer.status_code == 204, answer.text

    async def refusals(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for day in (await statement_of(self._client, self._headers, self))["days"]:
            for one in day["rejected"]:
                counts[one["code"]] = counts.get(one["code"], 0) + one["count"]
        return counts


SourceMaker = Callable[..., Awaitable[SourceAt]]


async def statement_of(client: httpx.AsyncClient, headers: dict[str, str], source: SourceAt) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/sources/{source.id}/statement", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
