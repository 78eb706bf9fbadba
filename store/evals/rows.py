"""Rows as the file holds them, in the order of its columns. JSON stands as text."""

from __future__ import annotations

from typing import NamedTuple


class RunRow(NamedTuple):
    """A run as it was planned; ``plan`` is JSON."""

    id: str
    suite: str
    suite_hash: str
    dataset: str
    split: str | None
    started_at: str
    plan: str


class AnswerRow(NamedTuple):
    """One answer. ``cache_key`` is set on those that a later run may take over."""

    run: str
    case: str
    variant: str
    trial: int
    cache_key: str | None
    output: str
    failure: str | None
    seconds: float
    cost: str
    tokens_in: int
    tokens_out: int
    cached: int
    source: str
    confidence: float | None
    calls: str
    state: str


class GradedRow(NamedTuple):
    """All scores of one grader for one answer, as JSON; ``failed`` where the grader could not say."""

    run: str
    case: str
    variant: str
    trial: int
    grader: str
    scores: str
    failed: int
    cost: str


class UsedRow(NamedTuple):
    """A set of cases was used by a run."""

    dataset: str
    split: str
    run: str
    suite: str
    at: str
