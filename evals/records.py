"""The words that all parts of the harness share: a case, a variant, an answer, a score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from kernel.ids import digest


class Split(StrEnum):
    """``dev`` may be looked at while choosing; ``holdout`` only to confirm what was chosen."""

    DEV = "dev"
    HOLDOUT = "holdout"


class FailureKind(StrEnum):
    """Who failed when there is no answer or no score. Each kind is counted apart and none is dropped.

    ``model``: it answered, but not usably (no JSON, a refusal, out of tokens). ``judge``: a grader could not say.
    ``infrastructure``: no answer came (timeouts, 429, 5xx, connection, budget).
    """

    MODEL = "model"
    JUDGE = "judge"
    INFRASTRUCTURE = "infrastructure"


@dataclass(frozen=True, slots=True)
class Failure:
    """``code`` is stable and countable (``timeout``, ``http_429``, ``no_json``); ``message`` is for people."""

    kind: FailureKind
    code: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {"kind": self.kind.value, "code": self.code, "message": self.message}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Failure:
        """The inverse of :meth:`as_dict`."""
        return cls(FailureKind(data["kind"]), data["code"], data["message"])


@dataclass(frozen=True)
class Case:
    """One input with what is wanted of it. ``input`` and ``expected`` are JSON values.

    ``group`` names the unit that cases share when they are not independent (one person, one document); None for a unit of its
    own. ``why`` says what the case guards. ``line`` is where it stands in its file, from 1.
    """

    id: str
    input: Any
    expected: Any = None
    why: str = ""
    group: str | None = None
    split: Split = Split.DEV
    tags: tuple[str, ...] = ()
    line: int | None = None

    @cached_property
    def input_hash(self) -> str:
        """Of the input alone: answers depend on nothing else of a case."""
        return digest(self.input)

    @property
    def unit(self) -> str:
        """What is drawn when cases are drawn again: the group, or the case itself."""
        return self.group if self.group is not None else f"case:{self.id}"


@dataclass(frozen=True)
class Variant:
    """One arm: what answers the cases. ``name`` is unique in a run and shown to people.

    ``prompt`` is the content hash of the words (empty where none are put to a model), ``model`` names who answers and
    ``parameters`` everything else an answer depends on, as JSON.
    """

    name: str
    prompt: str = ""
    model: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def hash(self) -> str:
        """Of all that an answer depends on beside the input; not of the name."""
        return digest([self.prompt, self.model, dict(self.parameters)])


class Role(StrEnum):
    """What a metric counts for in a verdict: quality may be traded against cost and latency, safety never."""

    QUALITY = "quality"
    SAFETY = "safety"
    COST = "cost"
    LATENCY = "latency"


@dataclass(frozen=True, slots=True)
class Metric:
    """What scores are filed under.

    ``least`` and ``most`` are the ends of the scale (None: open) and bound what a missing score could have been;
    ``matters`` is the smallest difference that anybody would act on; ``passes`` marks metrics of pass and fail (1 and 0).
    """

    name: str
    role: Role = Role.QUALITY
    passes: bool = False
    higher_is_better: bool = True
    least: float | None = 0.0
    most: float | None = 1.0
    matters: float = 0.0


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One step of a trajectory."""

    tool: str
    arguments: Mapping[str, Any]
    result: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one variant gave for one case in one trial (from 0).

    ``output`` is a JSON value, None only with ``failure``. ``seconds`` is how long the call took when it was made, ``cost`` is
    dollars, ``tokens`` of input and output; ``cached`` says that it was not asked again in this run. ``state`` is what the
    target left in its database, where the suite looks at that.
    """

    case: str
    variant: str
    trial: int
    output: Any
    failure: Failure | None = None
    seconds: float = 0.0
    cost: Decimal = Decimal(0)
    tokens_in: int = 0
    tokens_out: int = 0
    cached: bool = False
    source: str = ""
    confidence: float | None = None
    calls: tuple[ToolCall, ...] = ()
    state: Any = None


@dataclass(frozen=True, slots=True)
class Score:
    """What one grader says of one answer under one metric.

    ``value`` is a number, higher is better unless the metric says otherwise (see the suite), and None only with ``failure``.
    ``passed`` is set by graders that pass or fail. ``reason`` is for people.
    """

    case: str
    variant: str
    trial: int
    metric: str
    value: float | None
    passed: bool | None = None
    reason: str = ""
    failure: Failure | None = None
