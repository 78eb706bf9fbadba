"""What a report shows, before it has a form: every renderer reads a :class:`Page` and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from evals.concord import Concord
from evals.records import Case, Failure, FailureKind, Metric, Variant
from evals.verdict import Decision


@dataclass(frozen=True, slots=True)
class Range:
    """A figure with its 95% interval; None where nothing was measured, or no interval can be given."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Direction(StrEnum):
    """What is shown of a difference, whatever the unknown scores were."""

    BETTER = "better"
    WORSE = "worse"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Cell:
    """One variant under one metric, over cases.

    A model's unusable answer has the worst score of the scale. ``unknown`` scores of ``asked`` are those that a judge or the
    infrastructure failed to tell, or that were never reached: the estimate leaves them out, ``worst`` and ``best`` are what the
    mean would be if all were the one or the other; None where the scale is open.
    """

    variant: str
    metric: str
    estimate: Range
    asked: int
    unknown: int
    worst: float | None
    best: float | None


@dataclass(frozen=True, slots=True)
class Contrast:
    """B against A under one metric; ``difference`` is B minus A with its interval over what is known.

    ``worst`` and ``best`` are the ends of that interval when all unknown scores speak against B, or for it. ``margin`` is the
    smallest difference that matters, ``detectable`` the smallest that this many cases show with 80% power, ``needed`` how many
    cases would show one that matters, None where that is not known.
    """

    metric: Metric
    a: float | None
    b: float | None
    difference: Range
    direction: Direction
    margin: float = 0.0
    p: float | None = None
    p_holm: float | None = None
    worst: float | None = None
    best: float | None = None
    detectable: float | None = None
    needed: int | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on candidate ``b`` against baseline ``a``, with its reasons in plain words."""

    a: str
    b: str
    decision: Decision
    needed: int | None
    reasons: tuple[str, ...]
    contrasts: tuple[Contrast, ...]

    @property
    def headline(self) -> str:
        """The verdict as a sentence."""
        if self.decision is Decision.SHIP:
            return f"Ship {self.b}: it is better than {self.a}."
        if self.decision is Decision.KEEP:
            return f"Keep {self.a}: {self.b} is not better."
        more = "" if self.needed is None else f" About {self.needed:,} more cases are needed to tell."
        return f"Inconclusive: {self.b} against {self.a} cannot be told apart yet.{more}"


@dataclass(frozen=True, slots=True)
class FailureCount:
    """How often one variant failed in one way; ``example`` is the message of the first, ``cases`` the first case ids."""

    variant: str
    kind: FailureKind
    code: str
    count: int
    example: str
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spend:
    """Money, time and tokens of one variant.

    Seconds are of answers that came in this run (no failures of infrastructure, none from the cache unless all are): median,
    95th percentile, and how many fell into each bin of :attr:`Page.bins`. ``cost`` is dollars over all answers, ``each`` per
    answer.
    """

    variant: str
    answers: int
    cached: int
    cost: float
    each: float
    p50: float | None
    p95: float | None
    tokens_in: int
    tokens_out: int
    histogram: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose confidence lies in one tenth: mean confidence, and the share that passed with its interval."""

    confidence: float
    right: Range
    count: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Confidence against what passed, for one variant under one metric. ``gap`` is the mean distance (ECE)."""

    variant: str
    metric: str
    bins: tuple[Bin, ...]
    gap: float


@dataclass(frozen=True, slots=True)
class Steadiness:
    """One variant under one pass/fail metric over trials: the share per trial, the share of cases that passed every trial
    (a failed or missing one counts as not passed), and how many cases passed some trials only.
    """

    variant: str
    metric: str
    per_trial: tuple[float | None, ...]
    always: float
    wavering: int


@dataclass(frozen=True, slots=True)
class Surely:
    """The chance that ``k`` trials of a case all pass (pass^k), for one variant under one pass/fail metric.

    ``known`` is over the ``cases`` with at least k known trials; ``worst`` and ``best`` are over all cases, with every
    unknown trial failed or passed.
    """

    variant: str
    metric: Metric
    k: int
    known: Range
    cases: int
    worst: float
    best: float

    @property
    def open(self) -> bool:
        """Whether unknown trials leave anything open."""
        return self.best - self.worst > 1e-12  # noqa: PLR2004 - sums of the same shares


@dataclass(frozen=True, slots=True)
class Agreement:
    """A metric beside what people said of a random sample of one variant's answers. ``kappa`` is None where chance alone agrees
    fully, ``corrected`` (what people would find of all answers) where there are too few labels.
    """

    variant: str
    metric: str
    labels: int
    kappa: Range
    corrected: Range


@dataclass(frozen=True, slots=True)
class Mark:
    """One score of one answer."""

    value: float | None
    passed: bool | None
    reason: str
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A JSON value as text; ``is_json`` where it was no plain string."""

    text: str
    is_json: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One answer; ``marks`` are in the order of the page's metrics, None where a metric has no score of it."""

    variant: int
    trial: int
    output: Shown | None
    failure: Failure | None
    seconds: float
    cost: float
    tokens: tuple[int, int]
    cached: bool
    source: str
    confidence: float | None
    calls: tuple[Shown, ...]
    state: Shown | None
    marks: tuple[Mark | None, ...]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case with every attempt at it."""

    case: Case
    input: Shown
    expected: Shown | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Apart:
    """Cases of two runs that cannot be compared: ids that only one has, and ids whose input is another now."""

    earlier_run: str
    new: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One case that moved between two variants under one metric. Means over trials; None where no trial's score is known.

    ``gain`` is how far B is better, in the metric's unit: negative for a regression, None where only one side has a score.
    """

    case: str
    metric: Metric
    a: float | None
    b: float | None
    gain: float | None
    reason: str


@dataclass(frozen=True)
class Page:
    """A report. Tuples keep the order of the run; ``bins`` are the edges of the histograms, in seconds."""

    run_id: str
    suite: str
    suite_hash: str
    started_at: datetime
    trials: int
    variants: tuple[Variant, ...]
    metrics: tuple[Metric, ...]
    missing: int
    verdicts: tuple[Judged, ...]
    cells: tuple[Cell, ...]
    aggregates: Mapping[str, Mapping[str, float]]
    failures: tuple[FailureCount, ...]
    spend: tuple[Spend, ...]
    bins: tuple[float, ...]
    calibrations: tuple[Calibration, ...]
    steadiness: tuple[Steadiness, ...]
    surely: tuple[Surely, ...]
    agreement: tuple[Agreement, ...]
    cases: tuple[CaseRow, ...]
    changes: tuple[tuple[str, str, tuple[Change, ...]], ...]
    apart: Apart | None = None
    concord: tuple[Concord, ...] = ()
