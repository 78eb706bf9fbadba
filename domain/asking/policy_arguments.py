"""The arguments of what may be asked of insurance policies, each field with its meaning."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from domain.asking.arguments import MOST, Arguments, State, Words
from domain.lines import Line
from domain.policies.analytics import By
from domain.policies.papers import PaperType
from domain.policies.words import PolicyStatus, Reason

Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern="[A-Za-z0-9]")]


class WhichPolicy(Arguments):
    """One policy, by its number (its latest term) or by its id."""

    number: Number | None = Field(None, description="the policy's number, however it is spelled")
    policy_id: UUID | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.number is None) == (self.policy_id is None):
            msg = "give either number or policy_id"
            raise ValueError(msg)
        return self


class ShowPolicy(WhichPolicy):
    """Status, term, cover, premium, what is paid and due next, notices."""


class ExplainBill(WhichPolicy):
    """What changed the premium of a policy, when, and by how much; and what is billed now."""


class PolicyOnDay(WhichPolicy):
    """Whether one policy was or will be in force on a day, as it is known now, and what it cost then."""

    on: date = Field(description="the day, at noon in the policy's own zone; of an earlier term too")


class QuoteCancellation(WhichPolicy):
    """What would come back were a policy ended on a day; nothing is ended."""

    on: date | None = Field(None, description="the day from which it would not cover; left out: today")
    reason: Reason = Field(Reason.REQUEST, description="who ends it and why: the method of the return hangs on it")


class PolicyDocuments(WhichPolicy):
    """The documents of a policy, every version: type, a person's verdict, last good day, whether it was read."""


class ReadPolicyDocument(WhichPolicy):
    """What one document of a policy states, value by value with its page. By id, else the newest of a type."""

    document_id: UUID | None = None
    type: PaperType | None = None

    @model_validator(mode="after")
    def _which_document(self) -> Self:
        if (self.document_id is None) == (self.type is None):
            msg = "give either document_id or type"
            raise ValueError(msg)
        return self


class FindPolicies(Arguments):
    """Policies that fit, newest first; each is one term. A producer sees the own ones."""

    status: list[PolicyStatus] = Field(default_factory=list, max_length=len(PolicyStatus))
    line: list[Line] = Field(default_factory=list, max_length=len(Line))
    state: State | None = Field(None, description="of the risk, two letters")
    carrier: Words | None = None
    producer: Words | None = Field(None, description="key, id or name; only for who sees the whole agency")
    ends_from: date | None = Field(None, description="terms that end on this day or later")
    ends_before: date | None = Field(None, description="terms that end before this day")
    starts_from: date | None = Field(None, description="terms that begin on this day or later")
    starts_before: date | None = Field(None, description="terms that begin before this day")
    insured: Words | None = Field(None, description="beginnings of words of the insured's name, however it is spelled")
    overdue: bool | None = Field(None, description="whether an instalment is past its day unpaid, now")
    source: Words | None = Field(None, description="of the lead")
    auto_renew: bool | None = None
    ended_reason: list[Reason] = Field(default_factory=list, max_length=len(Reason))
    limit: int = Field(20, ge=1, le=MOST)


class PoliciesInForce(Arguments):
    """How many policies cover at an instant, by line."""

    at: AwareDatetime | None = Field(None, description="left out: now")


class PoliciesAtRisk(Arguments):
    """Policies that may be lost, with the reasons, the most at stake first."""

    limit: int = Field(10, ge=1, le=MOST)


class BookPremium(Arguments):
    """Premium written, earned, unearned and in force of all policies at a day. A producer sees the own ones."""

    on: date | None = Field(None, description="the policy day at whose first minute it is told; left out: today")
    by: By | None = Field(None, description="line, state, producer, source or carrier; left out: all together")
