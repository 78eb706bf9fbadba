"""The models that come with the product, loaded once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from integrations.local.excerpt import excerpt
from integrations.local.seeds import Task
from integrations.local.text_model import TextModel

MODEL_CHARS = 600
"""What models read of a message: the first 600 characters, of which the most telling are embedded."""


@cache
def shipped_model(task: Task, *, quick: bool = False) -> TextModel:
    """The model of ``task``; the quick twin reads no embedding."""
    return TextModel.load(Path(str(files("integrations.local.models"))), f"{task}_quick" if quick else task)


def embedded_part(text: str) -> str:
    """What of a message about insurance is embedded: the clauses that say most about any line."""
    return excerpt(text[:MODEL_CHARS], _telling)


def _telling(text: str) -> float:
    scores = shipped_model("line", quick=True).gram_scores(text)
    return float(np.max(scores) - np.mean(scores))
