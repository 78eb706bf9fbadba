"""The project's own example messages, one file a label: language, tab, text. All written for this project.

``line/`` has the lines of business, ``out_of_scope`` (nothing an agency does) and ``unclear`` (no line said), ``intent/`` and ``urgency/`` theirs. A model is built from exactly
these; its metadata carries their hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from kernel.ids import digest

Task = Literal["line", "intent", "urgency"]
TASKS: tuple[Task, ...] = ("line", "intent", "urgency")


@dataclass(frozen=True, slots=True, order=True)
class Seed:
    """One example: the label, the language (ISO 639-1) and the message."""

    label: str
    language: str
    text: str


def load_seeds(task: Task) -> list[Seed]:
    """All seeds of ``task``, sorted. Raises ValueError naming file and line where one is not ``language<TAB>text``."""
    seeds = []
    for path in sorted(files(__name__).joinpath(task).iterdir(), key=lambda item: item.name):
        if not path.name.endswith(".tsv"):
            continue
        for number, row in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            language, tab, text = row.partition("\t")
            if not (tab and language and text.strip()):
                msg = f"{task}/{path.name}, line {number}: {row[:80]!r} is not a language, a tab and a text"
                raise ValueError(msg)
            seeds.append(Seed(path.name.removesuffix(".tsv"), language, text))
    return sorted(seeds)


def seed_hash(task: Task) -> str:
    """SHA-256 over the seeds of ``task``; changes with every added, removed or edited text."""
    return digest([[seed.label, seed.language, seed.text] for seed in load_seeds(task)])
