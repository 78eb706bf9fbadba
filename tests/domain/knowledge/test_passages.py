"""Documents become sentences and passages; nothing is lost between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.knowledge.documents import Document, Section, cleaned
from domain.knowledge.passages import LIMIT, cut
from domain.knowledge.sentences import sentences


def a_document(*sections: tuple[str, str], name: str = "d") -> Document:
    return Document(name, "", "f", tuple(Section(heading, text) for heading, text in sections))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Dr. Lee paid $1.5 million. It was enough.", ["Dr. Lee paid $1.5 million.", "It was enough."]),
        ('He said "stop." Then he left.', ['He said "stop."', "Then he left."]),
        ("The U.S. Treasury, e.g. its bonds.", ["The U.S. Treasury, e.g. its bonds."]),
        ("Covered:\n- fire\n- theft", ["Covered:", "- fire", "- theft"]),
        ("¿Qué cubre? Cubre todo.", ["¿Qué cubre?", "Cubre todo."]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, wanted: list[str]) -> None:
    assert sentences(text) == wanted


@given(st.text(alphabet=st.sampled_from('abc .!?"\n-1)')))
def test_sentences_keep_every_character_but_spaces(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_a_short_document_is_one_passage() -> None:
    (only,) = cut(a_document(("Cover > Fire", "Fire is covered. Floods are not.")))
    assert (only.number, only.heading, only.text) == (0, "Cover > Fire", "Fire is covered. Floods are not.")
    assert only.lead == "Cover > Fire Fire is covered."
    assert only.embedded.startswith("Cover > Fire\n")


def test_sections_never_share_a_passage() -> None:
    assert [one.heading for one in cut(a_document(("A", "One."), ("B", "Two.")))] == ["A", "B"]


@given(st.lists(st.text(alphabet="abcdefg ", min_size=1, max_size=300), min_size=1, max_size=40))
def test_passages_are_bounded_numbered_and_hold_every_word(parts: list[str]) -> None:
    text = ". ".join(parts)
    found = cut(a_document(("", text)))
    assert [one.number for one in found] == list(range(len(found)))
    assert all(len(one.text) <= LIMIT + 201 for one in found)
    assert "".join("".join(one.text for one in found).split()) == "".join(text.split())


def test_text_without_any_end_is_still_cut() -> None:
    assert max(len(one.text) for one in cut(a_document(("", "word " * 5_000)))) <= LIMIT + 201
    assert max(len(one.text) for one in cut(a_document(("", "x" * 20_000)))) <= LIMIT + 201


def test_the_digest_follows_content_and_not_the_file() -> None:
    one = a_document(("", "Fire is covered."))
    assert one.digest == Document("other", "", "elsewhere.md", one.sections).digest
    assert one.digest != a_document(("", "Fire is not covered.")).digest
    assert one.digest != a_document(("Fire", "Fire is covered.")).digest


def test_what_no_store_takes_is_removed() -> None:
    assert cleaned("a\x00b\ud800c\r\nd\re") == "a b c\nd\ne"
