"""The figures of a classification, worked by hand."""

from __future__ import annotations

import pytest

from agents.classifier import Classifier
from evals.files.classification import Answer, measure
from kernel.clock import now

ANSWERS = [
    Answer("auto", "auto", 0.95, sure=True),
    Answer("auto", "auto", 0.95, sure=True),
    Answer("auto", "home", 0.55, sure=False),
    Answer("other", "other", 0.55, sure=False),
]


def test_figures_worked_by_hand() -> None:
    figures = measure(ANSWERS)
    assert figures.n == 4
    assert figures.accuracy == 0.75
    assert figures.f1_by_label == pytest.approx({"auto": 0.8, "home": 0.0, "other": 1.0})
    assert figures.macro_f1 == pytest.approx(0.6)
    assert figures.macro_f1_without_other == pytest.approx(0.4)
    assert figures.count_by_label == {"auto": 2, "home": 1, "other": 1}
    assert figures.confusions == [("home", "auto", 1)]
    assert figures.sure_share == 0.5
    assert figures.sure_accuracy == 1.0
    assert figures.calibration_error == pytest.approx((2 * 0.05 + 2 * 0.05) / 4)


def test_no_answers_are_an_error() -> None:
    with pytest.raises(ValueError, match="no labelled answers"):
        measure([])


def test_share_answered_surely_may_be_none() -> None:
    assert measure([Answer("auto", "home", 1.0, sure=False)]).sure_accuracy is None


def test_own_unseen_messages_are_mostly_right() -> None:
    unseen = {
        "how much to insure a Ducati": "auto", "adjuster lowballed my roof after the hail": "home",
        "leasing agent wants 100k liability": "renters", "grandma wants a burial policy": "life",
        "off my parents' plan at 26": "health", "part b premium question": "medicare",
        "hurt my shoulder, can't work for months": "disability", "memory care for mom": "long_term_care",
        "fixed annuity rates": "annuity", "bar and grill needs liquor liability": "commercial",
        "extra million liability over my house and cars": "umbrella", "vet bill for my beagle": "pet",
        "wedding insurance": "other", "asegurar mi camioneta": "auto", "seguro dental para niños": "health",
    }  # fmt: skip
    decisions = Classifier().classify_texts(list(unseen), now().date())
    figures = measure(
        [
            Answer(decision.value["line"], wanted, decision.confidence, not decision.needs_review)
            for decision, wanted in zip(decisions, unseen.values(), strict=True)
        ]
    )
    assert figures.accuracy >= 0.9
