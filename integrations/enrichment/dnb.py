"""Business facts from Dun & Bradstreet Direct+: match the name to a D-U-N-S number, then read its company information."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import httpx

from integrations.enrichment.calls import ask, at, body, day
from integrations.enrichment.port import BusinessQuery, Finding, PlaceQuery
from kernel.clock import now
from kernel.errors import Unavailable
from kernel.settings import DnbSettings

_BLOCK = "companyinfo_L2_v1"
_EARLY = timedelta(seconds=60)
_BEST_CODE = 10
_WRONG_KEY = (
    "Dun & Bradstreet refuses the key; check LEADWRIGHT_ENRICHMENT__DNB__KEY and LEADWRIGHT_ENRICHMENT__DNB__SECRET"
)


class DunAndBradstreet:
    """Direct+ as an enrichment source. A match below ``settings.min_confidence`` (D&B's code, 1 to 10) counts as none.

    Findings carry code / 10 as confidence. Only a business's name, state and ZIP are sent; a place is never asked about.
    """

    name = "dnb"

    def __init__(self, settings: DnbSettings, http: httpx.AsyncClient) -> None:
        assert settings.key is not None and settings.secret is not None, "settings were checked to be complete"  # noqa: PT018
        pair = f"{settings.key.get_secret_value()}:{settings.secret.get_secret_value()}"
        self._login = "Basic " + base64.b64encode(pair.encode()).decode()
        self._url = settings.url.rstrip("/")
        self._least = settings.min_confidence
        self._http = http
        self._token: tuple[str, datetime] | None = None
        self._signing_in = asyncio.Lock()

    async def look_up(self, query: BusinessQuery | PlaceQuery) -> list[Finding]:
        """What D&B knows of the business that matches best. Raises Unavailable when it does not answer."""
        if not isinstance(query, BusinessQuery):
            return []
        wanted = {"name": query.name, "countryISOAlpha2Code": "US", "candidateMaximumQuantity": "1"}
        wanted |= {"addressRegion": query.state} if query.state else {}
        wanted |= {"postalCode": query.zip_code} if query.zip_code else {}
        found = await self._get("/v1/match/cleanseMatch", wanted)
        best = at(found, "matchCandidates.0")
        code = at(best, "matchQualityInformation.confidenceCode")
        duns = at(best, "organization.duns")
        if not isinstance(code, int) or code < self._least or not str(duns or "").isdigit():
            return []
        company = at(await self._get(f"/v1/data/duns/{duns}", {"blockIDs": _BLOCK}), "organization")
        return list(_findings(company, min(code, _BEST_CODE) / _BEST_CODE)) if isinstance(company, Mapping) else []

    async def _get(self, path: str, params: Mapping[str, str]) -> Any:
        """JSON of a resource, None for 404. A token that D&B no longer takes is renewed once."""
        for fresh in (False, True):
            headers = {"Authorization": f"Bearer {await self._bearer(renew=fresh)}"}
            answer = await ask(self._http, "Dun & Bradstreet", "GET", self._url + path, params=params, headers=headers)
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return None if answer.status_code == httpx.codes.NOT_FOUND else body("Dun & Bradstreet", answer)
        raise Unavailable(_WRONG_KEY)

    async def _bearer(self, *, renew: bool) -> str:
        async with self._signing_in:
            if self._token is not None and not renew and now() < self._token[1]:
                return self._token[0]
            answer = await ask(
                self._http, "Dun & Bradstreet", "POST", f"{self._url}/v2/token",
                headers={"Authorization": self._login}, json={"grant_type": "client_credentials"},
            )  # fmt: skip
            given = body("Dun & Bradstreet", answer)
            token, seconds = at(given, "access_token"), at(given, "expiresIn") or at(given, "expires_in")
            if answer.status_code != httpx.codes.OK or not isinstance(token, str):
                raise Unavailable(_WRONG_KEY)
            lasts = timedelta(seconds=seconds) if isinstance(seconds, int) else timedelta(hours=1)
            self._token = (token, now() + lasts - _EARLY)
            return token


def _findings(company: Mapping[str, Any], confidence: float) -> Iterator[Finding]:
    today = now().date()
    facts: dict[str, tuple[Any, date]] = {
        "duns": (at(company, "duns"), today),
        "employees": (_count(company.get("numberOfEmployees")), today),
        "business_kind": (_industry(company), today),
        "year_started": (_year(company.get("startDate")), today),
        "annual_revenue": (_revenue(company), day(at(company, "financials.0.financialStatementToDate")) or today),
        "operating_status": (at(company, "dunsControlStatus.operatingStatus.description"), today),
    }
    for field, (value, as_of) in facts.items():
        if value is not None:
            yield Finding(field, value, DunAndBradstreet.name, as_of, confidence)


def _count(stated: Any) -> int | None:
    """Employees of the whole business where that is stated, else the first figure."""
    entries = [one for one in stated or () if isinstance(one, Mapping) and isinstance(one.get("value"), int)]
    whole = [one for one in entries if "consolidated" in str(one.get("informationScopeDescription")).casefold()]
    return next((one["value"] for one in whole + entries), None)


def _industry(company: Mapping[str, Any]) -> str | None:
    said = at(company, "primaryIndustryCode.usSicV4Description")
    codes = [one for one in company.get("industryCodes") or () if isinstance(one, Mapping)]
    naics = [one for one in codes if "north american" in str(one.get("typeDescription")).casefold()]
    first = min(naics, key=lambda one: one.get("priority") or 99, default={})
    found = first.get("description") or said
    return found if isinstance(found, str) else None


def _revenue(company: Mapping[str, Any]) -> dict[str, Any] | None:
    money = at(company, "financials.0.yearlyRevenue.0")
    value, currency = at(money, "value"), at(money, "currency")
    if not isinstance(value, int | float) or not isinstance(currency, str):
        return None
    return {"amount": str(round(value)), "currency": currency}


def _year(text: Any) -> int | None:
    start = str(text or "")[:4]
    return int(start) if start.isdigit() else None
