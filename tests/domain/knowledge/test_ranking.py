"""Two scores become one order of documents."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.knowledge.answer import Quote, Sentence, chosen, cited, likeness
from domain.knowledge.ranking import Candidate, by_both, by_meaning, by_ranks, by_spread, by_words, ranked


def an_id(number: int) -> UUID:
    return UUID(int=number)


def a_candidate(passage: int, document: int, meaning: float, by_word: float) -> Candidate:
    return Candidate(an_id(passage), an_id(document), meaning, by_word)


MIXED = [
    a_candidate(1, 1, 0.80, 0.9),
    a_candidate(2, 2, 0.90, 0.1),
    a_candidate(3, 3, 0.89, 0.8),
    a_candidate(4, 1, 0.7, 0.0),
]


@pytest.mark.parametrize(
    ("scoring", "first"), [(by_words, 1), (by_meaning, 2), (by_both, 3), (by_spread, 3), (by_ranks, 1)]
)
def test_each_order_has_its_own_first(scoring: object, first: int) -> None:
    assert callable(scoring)
    assert ranked(MIXED, scoring)[0].document_id == an_id(first)


def test_a_document_is_as_good_as_its_best_passage() -> None:
    order = ranked(MIXED, by_words)
    assert [one.document_id for one in order] == [an_id(1), an_id(3), an_id(2)]
    assert order[0].passage_ids == (an_id(1), an_id(4))
    assert order[0].score == pytest.approx(0.9)


def test_share_of_meaning_moves_between_the_two() -> None:
    assert ranked(MIXED, lambda found: by_both(found, 0.0))[0].document_id == an_id(1)
    assert ranked(MIXED, lambda found: by_both(found, 1.0))[0].document_id == an_id(2)


def test_equal_scores_keep_the_order_of_ids_whatever_order_they_came_in() -> None:
    same = [a_candidate(n, n, 0.8, 0.5) for n in (3, 1, 2)]
    assert [one.document_id for one in ranked(same)] == [an_id(1), an_id(2), an_id(3)]
    assert ranked([]) == []


def a_sentence(text: str, relevance: float, document: str = "d") -> Sentence:
    return Sentence(Quote(text, document, "", 0), relevance)


def test_the_answer_takes_the_best_sentences_without_saying_a_thing_twice() -> None:
    found = chosen([
        a_sentence("Floods are not covered by a home policy.", 0.9),
        a_sentence("Floods are not covered by any home policy.", 0.89),
        a_sentence("Flood insurance is sold apart.", 0.8),
        a_sentence("We open at nine.", -0.7),
    ])  # fmt: skip
    assert [one.text for one in found] == ["Floods are not covered by a home policy.", "Flood insurance is sold apart."]
    assert cited(found) == "“Floods are not covered by a home policy.” [1] “Flood insurance is sold apart.” [2]"
    assert chosen([]) == []


def test_likeness_is_the_share_of_rare_words_held() -> None:
    assert likeness("Annuity fees", {"annuity": 3.0, "the": 1.0}) == pytest.approx(0.75)
    assert likeness("anything", {}) == 0.0


def test_an_embedder_with_another_range_of_cosines_gives_the_same_order() -> None:
    stretched = [Candidate(one.passage_id, one.document_id, 4 * one.meaning - 3, one.words) for one in MIXED]
    assert [one.document_id for one in ranked(stretched)] == [one.document_id for one in ranked(MIXED)]
    assert by_both([]) == []
    assert by_both(MIXED[:1]) == [0.0]
