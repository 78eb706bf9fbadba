"""The world of the crash bench: invented leads, and producers whose capacity together is less than the leads."""

from __future__ import annotations

import csv
import io
import random
from typing import Any

from domain.geo import STATES

AGENCY = "crash"
_REPEAT_EVERY = 10
_NEEDS = {
    "auto": "need a quote for car insurance, I drive a {year} sedan",
    "home": "we close on a house next month and need homeowners coverage",
    "renters": "my landlord wants proof of renters insurance for the apartment",
    "life": "looking for term life insurance, two kids, nonsmoker",
    "pet": "want to insure our dog, she is {age} years old",
}
_ZIPS = ("60614", "02139", "30309", "78701", "98101", "33101", "10001", "94105", "19103", "85001", "43004", "55401")
_FIRST = (
    "Ann",
    "Bo",
    "Cleo",
    "Dan",
    "Eva",
    "Finn",
    "Gus",
    "Hana",
    "Ivo",
    "Jun",
    "Kim",
    "Lou",
    "Mia",
    "Ned",
    "Ola",
    "Pia",
)
_LAST = ("Abel", "Burke", "Cole", "Diaz", "Ebel", "Frost", "Gray", "Hahn", "Iqbal", "Jones", "Kern", "Lopez", "Marsh")
_ALWAYS = [{"weekday": day, "start": "00:00:00", "end": "00:00:00"} for day in range(7)]
_AUTHORITIES = ["property", "casualty", "personal_lines", "life", "accident_and_health"]


def lead_file(leads: int, chance: random.Random) -> str:
    """A CSV of invented leads; every tenth repeats an earlier one, so that repeats are met amid crashes too."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Name", "Email", "Zip", "Insurance Type", "Message"])
    written: list[list[str]] = []
    for number in range(1, leads + 1):
        if written and number % _REPEAT_EVERY == 0:
            earlier = chance.choice(written)
            writer.writerow([earlier[0].upper(), earlier[1].upper(), *earlier[2:]])
            continue
        line = chance.choice(list(_NEEDS))
        message = _NEEDS[line].format(year=chance.randint(2005, 2026), age=chance.randint(1, 12))
        name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
        row = [name, f"lead{number}@leads.example", chance.choice(_ZIPS), line, message]
        writer.writerow(row)
        written.append(row)
    return text.getvalue()


def agency_file(leads: int) -> dict[str, Any]:
    """Producers who may take anything at any hour, with room for about three leads in four between them."""
    producers = max(2, leads // 12)
    licences = [
        {
            "state": state, "number": state, "status": "active", "authorities": _AUTHORITIES, "effective": "2020-01-01",
            "expires": None, "checked_at": "2026-01-01T00:00:00+00:00",
        }
        for state in sorted(STATES)
    ]  # fmt: skip
    profile = {
        "active": True, "lines": list(_NEEDS), "licences": licences, "appointments": [], "eo_expires": "2099-01-01",
        "languages": ["en"], "zip_code": "60601", "schedule": _ALWAYS, "capacity_daily": 9, "capacity_monthly": 3000,
        "joined_on": "2020-01-01",
    }  # fmt: skip
    people = [{"external_id": f"p{one}", "name": f"Producer {one}", "profile": profile} for one in range(producers)]
    return {"slug": AGENCY, "name": "Crash bench", "producers": people}
