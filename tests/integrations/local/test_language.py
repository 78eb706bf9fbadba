"""Languages of short and long messages."""

from __future__ import annotations

import pytest

from integrations.local.language import UNKNOWN, language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("need insurance", "en"),
        ("necesito seguro", "es"),
        ("aseguranza pa mi troca", "es"),
        ("I would like a quote for my house", "en"),
        ("quiero cotizar un seguro para mi casa", "es"),
        ("J'ai besoin d'une assurance pour ma voiture", "fr"),
        ("Tôi cần mua bảo hiểm xe hơi", "vi"),
        ("我需要汽车保险", "zh"),
        ("자동차 보험이 필요합니다", "ko"),
        ("auto", UNKNOWN),
        ("hello", UNKNOWN),
        ("12345", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_language_of_a_message(text: str, language: str) -> None:
    assert language_of(text) == language
