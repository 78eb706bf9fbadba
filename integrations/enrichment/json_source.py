"""Any vendor that answers one GET with JSON: an address with places for the query, and which answer is which fact."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from integrations.enrichment.calls import ask, at, body, day
from integrations.enrichment.port import BusinessQuery, Finding, PlaceQuery
from kernel.clock import now
from kernel.errors import Unavailable
from kernel.settings import JsonSourceSettings


class JsonSource:
    """A vendor described by settings. ``{name}``, ``{state}`` and ``{zip}`` in its address are filled in from the query.

    A query that lacks a part that the address names is not sent. Values that are no text, number or truth are left out.
    """

    def __init__(self, settings: JsonSourceSettings, http: httpx.AsyncClient) -> None:
        assert settings.url is not None, "settings were checked to be complete"
        self.name = settings.name
        self._address = settings.url
        self._settings = settings
        self._http = http

    async def look_up(self, query: BusinessQuery | PlaceQuery) -> list[Finding]:
        """What the vendor knows of the business or place. Raises Unavailable when it does not answer."""
        parts = {"zip": query.zip_code}
        if isinstance(query, BusinessQuery):
            parts |= {"name": query.name, "state": query.state}
        if ("{name}" in self._address) != isinstance(query, BusinessQuery):
            return []
        address = self._address
        for part in ("name", "state", "zip"):
            if f"{{{part}}}" not in address:
                continue
            if not parts.get(part):
                return []
            address = address.replace(f"{{{part}}}", quote(str(parts[part]), safe=""))
        headers = {name: value.get_secret_value() for name, value in self._settings.headers.items()}
        answer = await ask(self._http, self.name, "GET", address, headers=headers)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise Unavailable(f"{self.name} refuses the login; check LEADWRIGHT_ENRICHMENT__JSON_SOURCE__HEADERS")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return []
        return self._findings(body(self.name, answer))

    def _findings(self, content: Any) -> list[Finding]:
        as_of = day(at(content, self._settings.as_of)) if self._settings.as_of else None
        moment = as_of or now().date()
        found = ((field, at(content, path)) for field, path in self._settings.fields.items())
        return [
            Finding(field, value, self.name, moment, self._settings.confidence)
            for field, value in found
            if isinstance(value, str | int | float | bool) and value != ""
        ]
