"""Every label and every field has a meaning, in one line."""

from __future__ import annotations

from datetime import date

from domain.leads.extraction.extract import extract
from domain.leads.meanings import FIELDS, INTENTS, LINES, URGENCIES
from domain.lines import Intent, Line, Urgency


def test_every_label_has_a_meaning_in_the_domains_order() -> None:
    assert (tuple(LINES), tuple(INTENTS), tuple(URGENCIES)) == (tuple(Line), tuple(Intent), tuple(Urgency))


def test_meanings_are_one_line_and_none_is_used_twice() -> None:
    meanings = [*LINES.values(), *INTENTS.values(), *URGENCIES.values(), *FIELDS.values()]
    assert all(meaning and "\n" not in meaning for meaning in meanings)
    assert len(set(meanings)) == len(meanings)


def test_fields_are_those_that_the_rules_read() -> None:
    documented = str(extract.__doc__).split("Fields:")[1].split(". A field")[0]
    assert set(FIELDS) == {name.strip() for name in documented.replace("\n", " ").split(",")}


def test_rules_find_no_field_without_a_meaning() -> None:
    text = (
        "I'm 34, married with 2 kids, own a 1985 house of 2,400 sq ft and a 2019 Honda Civic, pay $140 a month to Geico until "
        "june 3, zip 78701. Text me after 5pm"
    )
    read = set(extract(text, date(2026, 3, 2)).facts)
    assert len(read) > 8
    assert read <= set(FIELDS)
