"""One rule's answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Weight(StrEnum):
    """``FLAG`` lets the contact happen, and says what is amiss; ``DUTY`` says what the contact must contain."""

    PASSED = "passed"
    REFUSED = "refused"
    FLAG = "flag"
    DUTY = "duty"


@dataclass(frozen=True, slots=True)
class Finding:
    """``code`` never changes once released, ``words`` are for people, ``citations`` name the rows that decided."""

    weight: Weight
    code: str
    words: str
    citations: tuple[str, ...] = ()
    rule: str = ""

    @property
    def refuses(self) -> bool:
        """Whether it makes the verdict a no."""
        return self.weight is Weight.REFUSED

    def of(self, rule: str) -> Finding:
        """The same, under the rule's name."""
        return replace(self, rule=rule)

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "rule": self.rule, "weight": self.weight.value, "code": self.code, "words": self.words,
            "citations": list(self.citations),
        }  # fmt: skip


def passed(code: str, words: str, *citations: str) -> Finding:
    """The rule lets the contact through."""
    return Finding(Weight.PASSED, code, words, citations)


def refused(code: str, words: str, *citations: str) -> Finding:
    """The rule says no."""
    return Finding(Weight.REFUSED, code, words, citations)


def no_row(name: str) -> Finding:
    """The table has no row in force: nobody knows, so nobody may."""
    return refused("no_rule", f"no row in force says what holds for {name}; add one with its citation")
