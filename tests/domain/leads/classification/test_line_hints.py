"""Which line a text names, and what negation does to it."""

from __future__ import annotations

import time

import pytest

from domain.leads.classification import line_hints
from domain.lines import Line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("I need car insurance", Line.AUTO),
        ("necesito seguro para mi carro", Line.AUTO),
        ("ASEGURANZA DE AUTO", Line.AUTO),
        ("homeowners quote for a brick ranch", Line.HOME),
        ("seguro de casa", Line.HOME),
        ("renter's policy", Line.RENTERS),
        ("renter\u2019s policy", Line.RENTERS),
        ("seguro para inquilinos", Line.RENTERS),
        ("lief insurance", Line.LIFE),
        ("seguro de vida", Line.LIFE),
        ("health insurence", Line.HEALTH),
        ("Medicare health insurance", Line.MEDICARE),
        ("póliza de discapacidad", Line.DISABILITY),
        ("nursing home costs", Line.LONG_TERM_CARE),
        ("anualidad fija", Line.ANNUITY),
        ("commercial auto for two vans", Line.COMMERCIAL),
        ("seguro para mi negocio", Line.COMMERCIAL),
        ("umbrella over my home and auto insurance", Line.UMBRELLA),
        ("seguro para mi perro", Line.PET),
        ("travel insurance to Italy", Line.OTHER),
        ("long term disability", Line.DISABILITY),
        ("long-term care", Line.LONG_TERM_CARE),
    ],
)
def test_phrase_names_its_line(text: str, line: Line) -> None:
    assert line_hints(text).best is line
    assert line in line_hints(text).named


@pytest.mark.parametrize(
    "text", ["", "automatic reply", "carpet cleaning", "the cathedral", "lifetime achievement", "asdf"]
)
def test_part_of_a_word_names_nothing(text: str) -> None:
    assert line_hints(text).named == ()


def test_line_that_one_has_gives_way_to_the_one_asked_for() -> None:
    found = line_hints("I already have auto insurance, need home")
    assert found.best is Line.HOME
    assert found.named == (Line.HOME,)
    assert [hint.label for hint in found.set_aside] == [Line.AUTO]


def test_line_that_one_has_counts_where_nothing_else_is_named() -> None:
    found = line_hints("I already have car insurance, can it be cheaper?")
    assert found.best is Line.AUTO
    assert found.strengths[Line.AUTO] < line_hints("I want car insurance").strengths[Line.AUTO]


@pytest.mark.parametrize(
    "text", ["I don't need life insurance", "not looking for life insurance", "no necesito seguro de vida"]
)
def test_unwanted_line_never_counts(text: str) -> None:
    assert line_hints(text).best is None
    assert [hint.label for hint in line_hints(text).set_aside] == [Line.LIFE]


def test_negation_ends_with_its_clause() -> None:
    found = line_hints("I don't need life insurance, but health insurance for my kids")
    assert found.named == (Line.HEALTH,)


def test_lack_of_a_line_is_no_refusal() -> None:
    assert line_hints("I don't have car insurance").best is Line.AUTO


def test_bare_nouns_name_lines_in_a_bundle() -> None:
    assert line_hints("home and auto bundle").named == (Line.HOME, Line.AUTO)
    assert line_hints("carro y casa").named == (Line.AUTO, Line.HOME)
    assert line_hints("I drove home in my car").named == ()


def test_quote_is_the_senders_own_words() -> None:
    text = "  Quiero PÓLIZA  para mi troca; Póliza para mi casa"
    for hint in line_hints(text).hints:
        assert text[hint.start : hint.end] == hint.quote


def test_repeating_a_word_does_not_strengthen_it() -> None:
    assert line_hints("umbrella " * 50).strengths == line_hints("umbrella").strengths


@pytest.mark.parametrize(
    "text", ["need " * 3000, "a" * 100_000, "no quiero " * 4000, "\x00\ud800" * 3000, "looking for a " * 2000]
)
def test_hostile_text_is_read_quickly(text: str) -> None:
    start = time.perf_counter()
    line_hints(text)
    assert time.perf_counter() - start < 0.5
