"""A made table of leads whose outcome depends on what a fresh lead shows, and on a pair of codes."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from integrations.local.tabular.table import DataTable, read_table
from integrations.local.tabular.training import Trained, train

ROWS = 2200


def made_rows(rows: int, seed: int = 3) -> list[dict[str, str]]:
    """Leads; ``sold_at`` is filled for won ones, ``talk time`` is long for them."""
    draw = np.random.default_rng(seed)
    made = []
    for number in range(rows):
        age, visits = int(draw.integers(18, 80)), draw.normal(5, 2)
        source, zone, plan = (
            draw.choice(["web", "phone", "referral"]),
            int(draw.integers(0, 40)),
            int(draw.integers(0, 8)),
        )
        odds = -1.2 + 0.4 * (visits - 5) + {"web": 0, "phone": -0.5, "referral": 1.5}[str(source)]
        odds += 2.0 if (zone * 7 + plan * 3) % 5 == 0 else -0.5
        won = draw.random() < 1 / (1 + np.exp(-odds))
        made.append({
            "id": str(1000 + number), "email": f"p{number}@leads.example", "age": str(age),
            "visits": "" if draw.random() < 0.1 else f"{visits:.2f}", "source": str(source), "zone": str(zone), "plan": str(plan),
            "received": f"2026-{1 + number % 12:02}-11 10:{number % 60:02}", "country": "US",
            "sold_at": "2026-05-01" if won else "", "talk time": str(int(200 + 400 * won + draw.normal(0, 150))),
            "won": "yes" if won else "no",
        })  # fmt: skip
    return made


def as_csv(rows: list[dict[str, str]], delimiter: str = ",") -> bytes:
    """The rows as a file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@pytest.fixture(scope="session")
def leads() -> DataTable:
    return read_table(as_csv(made_rows(ROWS)))


@pytest.fixture(scope="session")
def trained(leads: DataTable) -> Trained:
    return train(leads, "won")
