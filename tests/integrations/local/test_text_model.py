"""The shipped models belong to the shipped seeds, answer without scikit-learn, and keep what their cards say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from integrations.local.embedder import shared_embedder
from integrations.local.features import SMALL
from integrations.local.hints import HINTERS, without_names
from integrations.local.seeds import TASKS, Task, load_seeds, seed_hash
from integrations.local.text_model import TextModel
from integrations.local.train import MODELS, build

LINES = {
    "auto", "home", "renters", "life", "health", "medicare", "disability", "long_term_care", "annuity", "commercial",
    "umbrella", "pet", "other",
}  # fmt: skip


@pytest.mark.parametrize("task", TASKS)
def test_model_was_built_from_these_seeds(task: Task) -> None:
    card = TextModel.load(MODELS, task).card
    assert card.seed_hash == seed_hash(task), f"run python -m integrations.local.train {task}"
    assert card.embedder == shared_embedder().name


def test_every_line_has_sixty_seeds_and_twelve_spanish_ones() -> None:
    seeds = load_seeds("line")
    counts = Counter(seed.label for seed in seeds)
    spanish = Counter(seed.label for seed in seeds if seed.language == "es")
    assert set(counts) == LINES | {"out_of_scope", "unclear"}
    assert min(counts.values()) >= 60
    assert min(spanish.values()) >= 12
    assert counts["out_of_scope"] >= 80
    texts = [seed.text.casefold() for seed in seeds]
    assert len(set(texts)) == len(texts)


def test_models_are_small() -> None:
    assert sum(path.stat().st_size for path in MODELS.iterdir() if path.is_file()) < 3_000_000


def test_sure_answers_keep_their_bound_on_held_out_seeds() -> None:
    for task in TASKS:
        card = TextModel.load(MODELS, task).card
        assert card.held_out["sure_accuracy"] >= 1 - card.error_bound
        assert card.error_upper <= card.error_bound + 0.02
        assert abs(card.held_out["mean_confidence"] - card.held_out["accuracy"]) < 0.03


def test_probabilities_add_up_and_batch_equals_single() -> None:
    model = TextModel.load(MODELS, "line")
    texts = ["my lease needs proof", "seguro de vida", "asdf", "x"]
    vectors = shared_embedder().embed(texts, kind="query")
    hints = [HINTERS["line"](text, date(2026, 1, 1)) for text in texts]
    batch = model.probabilities(texts, vectors, hints)
    assert np.allclose(batch.sum(axis=1), 1)
    for row, text in enumerate(texts):
        assert np.array_equal(model.probabilities([text], vectors[row : row + 1], hints[row : row + 1])[0], batch[row])


def test_answer_needs_no_scikit_learn() -> None:
    code = (
        "import sys, datetime; from agents.classifier import Classifier;"
        "d = Classifier().classify_texts(['car insurance'], datetime.date(2026, 1, 1))[0];"
        "assert d.value['line'] == 'auto'; assert not {'sklearn', 'scipy'} & set(sys.modules)"
    )
    root = Path(__file__).resolve().parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root, timeout=120)


def test_file_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    model = TextModel.load(MODELS, "urgency")
    model.save(tmp_path)
    page = json.loads((tmp_path / "urgency.json").read_text())
    page["labels"] = page["labels"][:-1]
    (tmp_path / "urgency.json").write_text(json.dumps(page))
    with pytest.raises(ValueError, match="build or train it again"):
        TextModel.load(tmp_path, "urgency")


def test_pickled_array_is_refused(tmp_path: Path) -> None:
    TextModel.load(MODELS, "urgency").save(tmp_path)
    np.savez(tmp_path / "urgency.npz", bias=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        TextModel.load(tmp_path, "urgency")


def test_saving_and_loading_keeps_the_answer(tmp_path: Path) -> None:
    model = TextModel.load(MODELS, "intent")
    model.save(tmp_path)
    again = TextModel.load(tmp_path, "intent")
    vectors = shared_embedder().embed(["file a claim"], kind="query")
    assert again.card == model.card
    assert np.array_equal(model.scores(["file a claim"], vectors), again.scores(["file a claim"], vectors))


def test_quick_twins_read_no_vectors_and_have_the_tighter_bound() -> None:
    for task in TASKS:
        quick, full = TextModel.load(MODELS, f"{task}_quick"), TextModel.load(MODELS, task)
        assert not quick.reads_vectors
        assert quick.card.labels == full.card.labels
        assert quick.card.seed_hash == full.card.seed_hash
        assert quick.card.error_bound < full.card.error_bound
        assert quick.probabilities(["a boat"], None, [{}]).shape == (1, len(full.card.labels))
        with pytest.raises(ValueError, match="reads vectors"):
            full.probabilities(["a boat"], None, [{}])


def test_file_that_unpacks_to_far_too_much_is_refused(tmp_path: Path) -> None:
    TextModel.load(MODELS, "urgency").save(tmp_path)
    np.savez_compressed(tmp_path / "urgency.npz", bias=np.zeros(60_000_000))
    with pytest.raises(ValueError, match="unpacks to more"):
        TextModel.load(tmp_path, "urgency")


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    model = TextModel.load(MODELS, "urgency")
    model.bias[0] = np.nan
    model.save(tmp_path)
    with pytest.raises(ValueError, match="all finite"):
        TextModel.load(tmp_path, "urgency")


def test_run_of_underscores_is_a_word() -> None:
    assert len(SMALL.counts("___")[0]) > 0
    assert not np.array_equal(SMALL.counts("need ___ now")[0], SMALL.counts("need now")[0])


@pytest.mark.slow
def test_building_again_gives_the_shipped_model() -> None:
    shipped = TextModel.load(MODELS, "urgency")
    built = build("urgency", shared_embedder())
    assert built.card.version == shipped.card.version
    # Another processor adds floats in another order, and a threshold lies between two held-out confidences.
    assert built.card.thresholds == pytest.approx(dict(shipped.card.thresholds), abs=0.03)
    assert np.allclose(built.gram_weights, shipped.gram_weights, atol=0.01)


def test_features_ignore_case_and_accents_and_have_length_one() -> None:
    idf = np.ones(SMALL.size, dtype=np.float32)
    first, second = SMALL.weighted("Póliza de AUTO", idf), SMALL.weighted("poliza de auto", idf)
    assert np.array_equal(first[0], second[0])
    assert float(np.linalg.norm(first[1])) == pytest.approx(2**0.5, abs=1e-5)
    assert len(SMALL.weighted("", idf)[0]) == 0


def test_names_of_lines_are_blanked_and_other_words_stay() -> None:
    assert without_names("term life quote for my wife") == "___ for my wife"
    assert without_names("hit a deer") is None
