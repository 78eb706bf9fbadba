"""Trains a text model on an agency's own labelled rows: of the lines of insurance on top of the seeds, or of any labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from domain.lines import Line
from integrations.local.embedder import Embedder
from integrations.local.features import LARGE, SMALL
from integrations.local.fitting import Examples, Matrix, Recipe, calibrate, fit, held_out_scores
from integrations.local.hints import NO_LINE, OUT_OF_SCOPE, line_strengths, names_lines
from integrations.local.seeds import seed_hash
from integrations.local.shipped import MODEL_CHARS, embedded_part
from integrations.local.text_model import LABEL_TASK, LINE_TASK, ModelCard, TextModel, hint_matrix, inside
from integrations.local.train import SEEN_ON, seed_examples
from kernel.errors import FieldError, Invalid
from kernel.ids import digest

FEWEST_ROWS = 50
SEED_WEIGHT = 0.7
"""What a seed counts beside one of the agency's own rows."""
MANY_LABELS = 40
STRENGTH, VECTOR_SCALE, FOLDS = 0.2, 3.0, 4
"""Chosen on InsuranceQA rows with masked words: strength .1 to .5 and scale 3 to 5 came within a point of each other."""


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A row of the agency: what was written, and the label that somebody gave it."""

    text: str
    label: str


def train_own(
    rows: Sequence[LabelledText], embedder: Embedder, *, error_bound: float = 0.05, scope_label: str | None = None,
    scope_accuracy: float = 0.95,
) -> TextModel:  # fmt: skip
    """The model for ``rows``. Labels that are all lines of ours give a line model, which learns from the seeds too and reads
    the rules' hints; other labels give a model of just these rows.

    ``scope_label`` names the label of what is not for the model; ``scope_accuracy`` is then the share of rows in scope that
    must still be answered right at its scope threshold. Raises Invalid where there are too few rows or labels.
    """
    of_lines = names_lines([row.label for row in rows], scope_label)
    if of_lines and scope_label is not None:
        rows = [LabelledText(row.text, OUT_OF_SCOPE if row.label == scope_label else row.label) for row in rows]
        scope_label = OUT_OF_SCOPE
    _check(rows)
    examples, labels = _line_examples(rows, embedder) if of_lines else _examples(rows, embedder)
    recipe = Recipe("svc", STRENGTH, VECTOR_SCALE, LARGE if len(labels) <= MANY_LABELS else SMALL, FOLDS)
    card = _card(rows, labels, embedder, recipe, error_bound, of_lines=of_lines)
    scores = held_out_scores(examples, card, recipe)
    judged = examples.rows[: examples.judged]
    hints = None
    if of_lines:
        hints = hint_matrix([line_strengths(text, SEEN_ON) for text in examples.texts[: examples.judged]], labels)
    found = calibrate(scores, hints, judged, labels, error_bound)
    card = replace(
        card, hint_weight=found.hint_weight, temperature=found.temperature, thresholds=found.thresholds,
        held_out=found.held_out, error_upper=found.error_upper, scope_label=scope_label,
        scope_threshold=_scope_threshold(found.probabilities, judged, labels, scope_label, scope_accuracy),
    )  # fmt: skip
    return fit(examples, card, recipe)


def _check(rows: Sequence[LabelledText]) -> None:
    if len(rows) < FEWEST_ROWS:
        fault = FieldError("rows", "too_few", f"only {len(rows)} labelled rows", f"give {FEWEST_ROWS} or more")
        raise Invalid("there is too little to learn from", fields=(fault,))
    if len({row.label for row in rows}) < 2:  # noqa: PLR2004
        fault = FieldError(
            "--label", "one_label", f"every row says {rows[0].label!r}", "give rows of two labels or more"
        )
        raise Invalid("there is nothing to tell apart", fields=(fault,))


def _examples(rows: Sequence[LabelledText], embedder: Embedder) -> tuple[Examples, tuple[str, ...]]:
    labels = tuple(sorted({row.label for row in rows}))
    place = {label: number for number, label in enumerate(labels)}
    texts = [row.text[:MODEL_CHARS] for row in rows]
    numbers = np.array([place[row.label] for row in rows], dtype=np.int64)
    vectors = embedder.embed(texts, kind="query")
    return Examples(texts, vectors, numbers, _groups(texts), np.ones(len(texts)), len(texts)), labels


def _line_examples(rows: Sequence[LabelledText], embedder: Embedder) -> tuple[Examples, tuple[str, ...]]:
    """The agency's rows, which folds judge, and after them the seeds, which only teach."""
    labels = tuple(sorted({line.value for line in Line if line is not Line.UNKNOWN} | NO_LINE))
    place = {label: number for number, label in enumerate(labels)}
    seeds = seed_examples("line", labels, embedder)
    assert seeds.vectors is not None
    texts = [row.text[:MODEL_CHARS] for row in rows]
    vectors = embedder.embed([embedded_part(text) for text in texts], kind="query")
    own = np.array([place[row.label] for row in rows], dtype=np.int64)
    groups = _groups(texts)
    return Examples(
        texts + seeds.texts, np.concatenate([vectors, seeds.vectors]), np.concatenate([own, seeds.rows]),
        np.concatenate([groups, seeds.groups + int(np.max(groups)) + 1]),
        np.concatenate([np.ones(len(texts)), np.full(len(seeds.texts), SEED_WEIGHT)]), len(texts),
    ), labels  # fmt: skip


def _groups(texts: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The same number for texts that differ in case and spaces only."""
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(" ".join(text.casefold().split()), len(seen)) for text in texts], dtype=np.int64)


def _card(
    rows: Sequence[LabelledText], labels: tuple[str, ...], embedder: Embedder, recipe: Recipe, bound: float, *, of_lines: bool
) -> ModelCard:  # fmt: skip
    seeds = seed_hash("line") if of_lines else ""
    stamp = digest([seeds, asdict(recipe), embedder.name, bound, sorted((row.label, row.text) for row in rows)])
    task = LINE_TASK if of_lines else LABEL_TASK
    return ModelCard(
        task=task, labels=labels, version=f"{task}-own-{stamp[:12]}", seed_hash=seeds, embedder=embedder.name,
        hint_weight=0.0, temperature=1.0, error_bound=bound, error_upper=1.0, thresholds={}, held_out={},
        grams=recipe.grams, rows=len(rows), reads_hints=of_lines,
    )  # fmt: skip


def _scope_threshold(
    probabilities: Matrix, rows: np.ndarray[tuple[int], np.dtype[np.int64]], labels: Sequence[str], scope_label: str | None,
    accuracy: float,
) -> float | None:  # fmt: skip
    """The highest degree of belonging at which ``accuracy`` of the held-out rows in scope are still answered right."""
    if scope_label is None:
        return None
    known = np.array([label != scope_label for label in labels])
    within = known[rows]
    guesses = np.where(known, probabilities, -1.0).argmax(axis=1)
    degrees = inside(probabilities, labels, scope_label)
    right = np.sort(degrees[within & (guesses == rows)])[::-1]
    needed = max(1, int(np.ceil(accuracy * within.sum() - 1e-9)))
    return float(np.floor(right[needed - 1] * 1e6) / 1e6) if len(right) >= needed else 0.0
