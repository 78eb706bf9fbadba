"""When a new classifier replaces the present one."""

from __future__ import annotations

import pytest

from evals.files.classification import Answer
from evals.files.promotion import compare, split_rows


def answers(given: str, wanted: str) -> list[Answer]:
    return [Answer(one, right, 0.9, sure=True) for one, right in zip(given, wanted, strict=True)]


def test_clearly_fewer_errors_are_better() -> None:
    wanted = "ab" * 20
    found = compare(answers(wanted, wanted), answers("ab" * 10 + "ba" * 10, wanted))
    assert (found.won, found.lost) == (20, 0)
    assert found.chance == pytest.approx(0.5**20)
    assert found.better


def test_few_rows_show_nothing() -> None:
    found = compare(answers("aabb", "aabb"), answers("abbb", "aabb"))
    assert found.chance == pytest.approx(0.5)
    assert not found.better


def test_same_answers_are_not_better() -> None:
    found = compare(answers("ab", "ab"), answers("ab", "ab"))
    assert found.chance == 1.0
    assert not found.better


def test_small_label_does_not_pay_for_a_large_one() -> None:
    wanted = "a" * 40 + "b" * 4
    new, present = answers("a" * 44, wanted), answers("a" * 30 + "c" * 10 + "b" * 4, wanted)
    found = compare(new, present)
    assert found.chance > 0.05 or found.new.macro_f1 < found.present.macro_f1
    assert not found.better


def test_other_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="different rows"):
        compare(answers("a", "a"), answers("a", "b"))


def test_split_keeps_texts_apart_and_rows_on_their_side() -> None:
    rows = [(f"text {number}", "a") for number in range(200)] + [("Text  7", "a"), ("TEXT 7", "b")]
    learnt, judged = split_rows(rows, 100, 50, seed=1)
    assert (len(learnt), len(judged)) == (100, 50)
    assert not {text.casefold() for text, _ in learnt} & {text.casefold() for text, _ in judged}
    longer = [*rows, *((f"more {number}", "a") for number in range(20))]
    again, _ = split_rows(longer, 110, 50, seed=1)
    assert len(set(again) & set(learnt)) > 90
    assert split_rows(list(reversed(rows)), 100, 50, seed=1) == (learnt, judged)
    assert split_rows(rows, 100, 50, seed=2) != (learnt, judged)


@pytest.mark.parametrize("train", range(1, 30))
def test_the_same_text_is_never_on_both_sides(train: int) -> None:
    rows = [(f"t {number // 3}", str(number)) for number in range(30)]
    learnt, judged = split_rows(rows, train, 30, seed=3)
    assert not {text for text, _ in learnt} & {text for text, _ in judged}
