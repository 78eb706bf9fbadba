"""A hundred Spanish leads of our own, written before any was tried and never learnt from."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path

from agents.classifier import Classifier
from evals.files.classification import Answer, measure
from integrations.local.seeds import load_seeds
from kernel.clock import now

FILE = Path(__file__).parents[2] / "data" / "classification" / "leads_es.tsv"
LEADS = [tuple(row.split("\t")) for row in FILE.read_text(encoding="utf-8").splitlines()]


def test_there_are_a_hundred_of_all_lines_none_twice() -> None:
    counts = Counter(label for label, _ in LEADS)
    assert len({text for _, text in LEADS}) == 100
    assert len(counts) == 13
    assert min(counts.values()) >= 5


def test_no_seed_is_one_of_them_or_nearly_so() -> None:
    seeds = [seed.text.casefold() for seed in load_seeds("line") if seed.language == "es"]
    for _, text in LEADS:
        matcher = SequenceMatcher(None, "", text.casefold(), autojunk=False)
        for seed in seeds:
            matcher.set_seq1(seed)
            assert matcher.quick_ratio() < 0.85 or matcher.ratio() < 0.75, (seed, text)


def test_most_get_their_line() -> None:
    decisions = Classifier().classify_texts([text for _, text in LEADS], now().date())
    figures = measure(
        [
            Answer(decision.value["line"], label, decision.confidence, not decision.needs_review)
            for decision, (label, _) in zip(decisions, LEADS, strict=True)
        ]
    )
    assert figures.accuracy >= 0.85
    assert figures.sure_accuracy is not None
    assert figures.sure_accuracy >= 0.95
    assert sum(decision.value["language"] == "es" for decision in decisions) >= 95
