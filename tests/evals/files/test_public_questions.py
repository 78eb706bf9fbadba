"""The local classifier on real public questions it was never shown: a floor below what was measured, to see a fall."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import pytest

from agents.classifier import Classifier
from evals.files.classification import Answer, measure
from kernel.clock import now

_EVERY = 30
_LINES: Mapping[str, str] = {
    "annuities": "annuity",
    "auto-insurance": "auto",
    "critical-illness-insurance": "other",
    "disability-insurance": "disability",
    "health-insurance": "health",
    "home-insurance": "home",
    "life-insurance": "life",
    "long-term-care-insurance": "long_term_care",
    "medicare-insurance": "medicare",
    "other-insurance": "other",
    "renters-insurance": "renters",
    "retirement-plans": "other",
}
"""The twelve domains of InsuranceQA as our lines. No critical-illness line and no retirement plan is sold, so both are other."""


@pytest.mark.slow
@pytest.mark.parametrize(("column", "floor"), [("question", 0.965), ("question_masked", 0.42)])
def test_line_of_public_questions(shared_data: Path, column: str, floor: float) -> None:
    with gzip.open(shared_data / "insuranceqa" / "questions_dev.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(islice(csv.DictReader(file), 0, None, _EVERY))
    decisions = Classifier().classify_texts([row[column] for row in rows], now().date())
    answers = [
        Answer(decision.value["line"], _LINES[row["domain"]], decision.confidence, not decision.needs_review)
        for decision, row in zip(decisions, rows, strict=True)
    ]
    assert measure(answers).accuracy >= floor
