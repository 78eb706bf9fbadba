"""Pair figures, by hand and on the public sets."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from evals.files.duplicates import described_by, measure


def test_figures_worked_by_hand() -> None:
    rows = [
        {"full_name": "Ann Lee", "phone": "617-555-0123"}, {"full_name": "A. Lee", "phone": "6175550123"},
        {"full_name": "Ann Lee", "email": "ann@x.example"}, {"full_name": "Bob Ray", "phone": "617-555-0123"},
    ]  # fmt: skip
    found = measure([described_by(row) for row in rows], ["a", "a", "a", "b"])
    assert (found.certain.said, found.certain.right, found.certain.true) == (1, 1, 3)
    assert (found.certain.precision, round(found.certain.recall, 3), round(found.certain.f1, 3)) == (1.0, 0.333, 0.5)
    assert found.looked_at.said == 4


@pytest.mark.parametrize(
    ("name", "options", "precision", "recall"),
    [
        ("febrl4", ["--id", "rec", "--map", "given_name=first_name", "--map", "surname=last_name", "--join",
                    "street=street_number+address_1", "--map", "suburb=city", "--map", "postcode=zip"], 0.99, 0.95),
        ("chicago", ["--map", "site_name=full_name", "--map", "address=street", "--map", "phone_pseudonym=phone", "--set",
                     "city=Chicago", "--set", "state=IL"], 0.87, 0.94),
    ],
)  # fmt: skip
def test_public_sets(shared_data: Path, name: str, options: list[str], precision: float, recall: float) -> None:
    people, truth = {"febrl4": ("febrl4_people", "febrl4_truth"), "chicago": ("chicago_sites", "chicago_sites_truth")}[
        name
    ]
    folder = shared_data / "lead-dedupe"
    words = [str(folder / f"{people}.csv.gz"), "--truth", str(folder / f"{truth}.csv.gz")]
    answer = CliRunner().invoke(app, ["duplicates", "evaluate", *words, *options])
    assert answer.exit_code == 0, answer.output
    line = next(line for line in answer.output.splitlines() if line.startswith("with suspicions  "))
    figures = line.split()
    assert float(figures[3]) >= precision
    assert float(figures[5]) >= recall
