"""The typed decision: what every specialist returns, whether a model, a rule or a person decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Source(StrEnum):
    """Who decided: a local model, a language model, rules, the sender's own words, or a person."""

    LOCAL = "local"
    LLM = "llm"
    RULES = "rules"
    GIVEN = "given"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason. ``quote`` holds the exact words of the input it rests on, where it rests on words."""

    reason: str
    quote: str | None = None
    weight: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready pairs, empty parts left out."""
        pairs = {"reason": self.reason, "quote": self.quote, "weight": self.weight}
        return {key: value for key, value in pairs.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Decision:
    """A specialist's answer.

    ``value`` is JSON-ready and shaped by the specialist; ``confidence`` is 0 to 1 and means the estimated chance of being
    right; ``version`` names rules, model and prompt; ``degraded`` marks an answer given because the specialist failed, and
    ``needs_review`` one that a person should look at. ``cost`` is in millionths of a dollar. Under an experiment
    ``version_asked`` is the version of the prompt that a model was asked with, whether or not it was of use.
    """

    specialist: str
    value: dict[str, Any]
    confidence: float
    source: Source
    version: str
    evidence: tuple[Evidence, ...] = ()
    needs_review: bool = False
    degraded: bool = False
    cost: int = 0
    experiment: str | None = None
    version_asked: int | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.confidence <= 1.0:
            msg = f"confidence {self.confidence} is outside 0 to 1"
            raise ValueError(msg)

    def as_dict(self) -> dict[str, Any]:
        """The decision as JSON types, for graph state and for the database."""
        asked = {"experiment": self.experiment, "version_asked": self.version_asked} if self.experiment else {}
        return {
            "specialist": self.specialist, "value": self.value, "confidence": round(self.confidence, 4),
            "source": self.source.value, "version": self.version, "evidence": [item.as_dict() for item in self.evidence],
            "needs_review": self.needs_review, "degraded": self.degraded, "cost": self.cost, **asked,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Decision:
        """The inverse of :meth:`as_dict`."""
        evidence = tuple(Evidence(**item) for item in data["evidence"])
        return cls(**{**data, "source": Source(data["source"]), "evidence": evidence})

    @property
    def repeatable(self) -> bool:
        """Whether it may be made anew for nothing: nobody outside was paid or asked for it, and nothing failed."""
        outside = (
            self.source in {Source.LLM, Source.PERSON} or self.cost or self.experiment or self.value.get("findings")
        )
        return not outside and not self.degraded

    def without_quotes(self) -> Decision:
        """The same decision with the input's words removed, for places that must hold nothing personal."""
        return replace(self, evidence=tuple(replace(item, quote=None) for item in self.evidence))
