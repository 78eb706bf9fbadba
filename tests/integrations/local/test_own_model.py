"""Models from an agency's own rows: learnt, calibrated on rows held out, and of any labels."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from integrations.local.hints import OUT_OF_SCOPE, names_lines
from integrations.local.own_model import LabelledText, train_own
from integrations.local.text_model import LABEL_TASK, LINE_TASK, TextModel
from kernel.errors import Invalid

WORDS = {
    "red": ["crimson", "scarlet", "ruby", "cherry"],
    "blue": ["navy", "azure", "cobalt", "sapphire"],
    "green": ["olive", "emerald", "moss", "lime"],
    "none": ["seven", "eleven", "forty", "twelve"],
}


def rows(per_label: int, seed: int, noise: float = 0.0) -> list[LabelledText]:
    chance = random.Random(seed)
    found = []
    for label, words in WORDS.items():
        for _ in range(per_label):
            kind = chance.choice(list(WORDS)) if chance.random() < noise else label
            filler = " ".join(chance.choice(["the", "one", "with", "paint", "wall", "very"]) for _ in range(4))
            found.append(
                LabelledText(
                    f"{filler} {chance.choice(WORDS[kind])} {chance.choice(words)} {chance.random():.3f}", label
                )
            )
    return found


def test_any_labels_give_a_model_of_these_rows_only(word_vectors: Any) -> None:
    model = train_own(rows(40, 1), word_vectors)
    assert model.card.task == LABEL_TASK
    assert model.card.labels == ("blue", "green", "none", "red")
    assert model.card.rows == 160
    assert not model.card.reads_hints
    new = rows(10, 2)
    answers = model.probabilities(
        [row.text for row in new], word_vectors.embed([row.text for row in new], kind="query"), [{} for _ in new]
    ).argmax(axis=1)
    right = [model.card.labels[place] == row.label for place, row in zip(answers, new, strict=True)]
    assert sum(right) / len(right) > 0.9


def test_bound_holds_on_new_rows_with_noise(word_vectors: Any) -> None:
    model = train_own(rows(150, 3, noise=0.3), word_vectors, error_bound=0.1)
    new = rows(150, 4, noise=0.3)
    chances = model.probabilities(
        [row.text for row in new], word_vectors.embed([row.text for row in new], kind="query"), [{} for _ in new]
    )
    sure = [
        model.card.labels[row.argmax()] == wanted.label
        for row, wanted in zip(chances, new, strict=True)
        if model.is_sure(model.card.labels[row.argmax()], float(row.max()))
    ]
    assert sure
    assert sum(sure) / len(sure) >= 0.85


def test_scope_label_gets_a_threshold_that_keeps_the_accuracy(word_vectors: Any) -> None:
    model = train_own(rows(60, 5, noise=0.15), word_vectors, scope_label="none", scope_accuracy=0.7)
    assert model.card.scope_label == "none"
    assert model.card.scope_threshold is not None
    assert 0 < model.card.scope_threshold < 1
    texts = [row.text for row in rows(20, 6)]
    chances = model.probabilities(texts, word_vectors.embed(texts, kind="query"), [{} for _ in texts])
    kept = [model.inside(row) >= model.card.scope_threshold for row in chances]
    truth = [row.label != "none" for row in rows(20, 6)]
    inside = np.mean([is_kept for is_kept, known in zip(kept, truth, strict=True) if known])
    outside = np.mean([is_kept for is_kept, known in zip(kept, truth, strict=True) if not known])
    assert inside > 0.6
    assert outside < inside - 0.4


def test_lines_learn_from_the_seeds_too(word_vectors: Any) -> None:
    own = [LabelledText(f"zorbel policy number {number}", "pet") for number in range(40)]
    own += [LabelledText(f"quagg quote {number}", "auto") for number in range(40)]
    own += [LabelledText(f"spam spam {number}", "nonsense") for number in range(20)]
    model = train_own(own, word_vectors, scope_label="nonsense")
    assert model.card.task == LINE_TASK
    assert {"medicare", "umbrella", OUT_OF_SCOPE, "unclear"} <= set(model.card.labels)
    assert model.card.scope_label == OUT_OF_SCOPE
    texts = ["my zorbel", "quagg please", "nursing home for my mother, long term care"]
    chances = model.probabilities(texts, word_vectors.embed(texts, kind="query"), [{}, {}, {}])
    assert [model.card.labels[row.argmax()] for row in chances] == ["pet", "auto", "long_term_care"]


def test_same_rows_give_the_same_model_and_survive_the_file(word_vectors: Any, tmp_path: Path) -> None:
    first, second = train_own(rows(20, 7), word_vectors), train_own(list(reversed(rows(20, 7))), word_vectors)
    assert first.card.version == second.card.version
    first.save(tmp_path)
    again = TextModel.load(tmp_path, LABEL_TASK)
    assert again.card == first.card
    text = ["the olive wall"]
    vectors = word_vectors.embed(text, kind="query")
    assert np.allclose(again.scores(text, vectors), first.scores(text, vectors), atol=0.01)


def test_two_labels_are_enough_and_one_is_not(word_vectors: Any) -> None:
    two = [row for row in rows(30, 8) if row.label in {"red", "blue"}]
    model = train_own(two, word_vectors)
    chances = model.probabilities(["ruby"], word_vectors.embed(["ruby"], kind="query"), [{}])
    assert model.card.labels[int(chances[0].argmax())] == "red"
    with pytest.raises(Invalid, match="nothing to tell apart"):
        train_own([row for row in rows(60, 8) if row.label == "red"], word_vectors)
    with pytest.raises(Invalid, match="too little"):
        train_own(two[:10], word_vectors)


def test_rare_label_does_not_stop_the_training(word_vectors: Any) -> None:
    model = train_own([*rows(30, 9), LabelledText("a single violet", "violet")], word_vectors)
    assert "violet" in model.card.labels


def test_labels_that_are_lines_are_known_as_such() -> None:
    assert names_lines(["auto", "long_term_care", "unclear"])
    assert names_lines(["auto", "spam"], "spam")
    assert not names_lines(["auto", "unknown"])
    assert not names_lines(["vehicle"])
