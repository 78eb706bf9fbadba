"""Intent, urgency and scope by phrase."""

from __future__ import annotations

from datetime import date

import pytest

from domain.leads.classification import intent_hints, scope_hint, urgency_hints
from domain.leads.classification.urgency import urgency_of_days
from domain.lines import Intent, Urgency

ON = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("I need to file a claim", Intent.SERVICE),
        ("quiero reportar un accidente", Intent.SERVICE),
        ("shopping around, renewal went up", Intent.COMPARE),
        ("quiero comparar precios", Intent.COMPARE),
        ("What does collision cover?", Intent.LEARN),
        ("¿Qué cubre la póliza?", Intent.LEARN),
        ("please send a quote", Intent.BUY),
        ("quiero cotizar un auto", Intent.BUY),
    ],
)
def test_phrase_shows_its_intent(text: str, intent: Intent) -> None:
    assert [hint.label for hint in intent_hints(text)][:1] == [intent]


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("need it today", Urgency.IMMEDIATE),
        ("ASAP", Urgency.IMMEDIATE),
        ("policy expires tomorrow", Urgency.IMMEDIATE),
        ("lo necesito para mañana", Urgency.IMMEDIATE),
        ("lo necesito hoy", Urgency.IMMEDIATE),
        ("by friday", Urgency.SOON),
        ("closing in two weeks", Urgency.SOON),
        ("antes del viernes", Urgency.SOON),
        ("en diez días", Urgency.SOON),
        ("closing Dec 5", Urgency.SOON),
        ("by 12/05/2026", Urgency.SOON),
        ("el 1 de diciembre", Urgency.SOON),
        ("starts 2026-11-26", Urgency.IMMEDIATE),
        ("renews in march", Urgency.PLANNED),
        ("no rush", Urgency.PLANNED),
        ("cumplo 65 en seis meses", Urgency.PLANNED),
        ("by 6/1/27", Urgency.PLANNED),
    ],
)
def test_phrase_or_date_says_how_soon(text: str, urgency: Urgency) -> None:
    assert {hint.label for hint in urgency_hints(text, ON)} == {urgency}


@pytest.mark.parametrize(
    "text",
    [
        "built in 1985",
        "today's rates",
        "closed on 11/01/2026",
        "13/45/2026",
        "30 de febrero",
        "por la mañana",
        "2 weeks ago",
        "",
    ],
)
def test_no_hurry_is_read_into_other_words(text: str) -> None:
    assert urgency_hints(text, ON) == []


@pytest.mark.parametrize(
    ("days", "urgency"),
    [
        (-1, Urgency.UNKNOWN),
        (0, Urgency.IMMEDIATE),
        (1, Urgency.IMMEDIATE),
        (2, Urgency.SOON),
        (21, Urgency.SOON),
        (22, Urgency.PLANNED),
    ],
)
def test_bands_of_days(days: int, urgency: Urgency) -> None:
    assert urgency_of_days(days) is urgency


@pytest.mark.parametrize(
    "text", ["We offer SEO packages", "stop texting me", "número equivocado", "used Civic for sale"]
)
def test_spam_sales_and_stop_requests_are_out_of_scope(text: str) -> None:
    hint = scope_hint(text)
    assert hint is not None
    assert hint.quote in text


@pytest.mark.parametrize(
    "text", ["stop texting me, just send the quote", "insurance for my bitcoin shop", "need a plumber", ""]
)
def test_words_of_insurance_keep_a_message_in_scope(text: str) -> None:
    assert scope_hint(text) is None
