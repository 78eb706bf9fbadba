"""What the record says, with small numbers pulled to the usual: conversion, satisfaction, leads like this one."""

from __future__ import annotations

from domain.routing.factors.score import FactorScore, against_usual, neutral, scored, smoothed
from domain.routing.facts import Candidate, LeadFacts
from domain.routing.profile import SATISFACTION_SCALE, Tally

USUAL_CONVERSION = 0.15
"""Share of worked leads won that counts as neither good nor bad. A point of reference, not a claim about a market."""
USUAL_SATISFACTION = 0.7
"""The same for satisfaction on 0 to 1: a mark of 3.8 of 5."""
_CONVERSION_STRENGTH = 20
_SIMILAR_STRENGTH = 10
_SATISFACTION_STRENGTH = 10


def performance(lead: LeadFacts, producer: Candidate) -> FactorScore:
    """Leads won of those worked."""
    del lead
    return _rate(producer.profile.conversion, _CONVERSION_STRENGTH, "leads")


def similar_success(lead: LeadFacts, producer: Candidate) -> FactorScore:
    """Leads like this one won of those worked: the very ones nearest to it, pulled to the record with such leads."""
    del lead
    record, near = producer.profile.similar, producer.relations.similar
    if near is None or near.tried == 0:
        return _rate(record, _SIMILAR_STRENGTH, "similar leads")
    usual = USUAL_CONVERSION
    if record is not None:
        usual = smoothed(record.won, record.tried, USUAL_CONVERSION, _SIMILAR_STRENGTH)
    rate = smoothed(near.won, near.tried, usual, _SIMILAR_STRENGTH)
    return scored(
        against_usual(rate, USUAL_CONVERSION), f"won {near.won} of the {near.tried} most similar leads worked"
    )


def satisfaction(lead: LeadFacts, producer: Candidate) -> FactorScore:
    """Customers' mean mark."""
    del lead
    seen = producer.profile.satisfaction
    if seen is None or seen.n == 0:
        return neutral("no customer marks")
    low, high = SATISFACTION_SCALE
    share = smoothed((seen.value - low) / (high - low) * seen.n, seen.n, USUAL_SATISFACTION, _SATISFACTION_STRENGTH)
    return scored(
        against_usual(share, USUAL_SATISFACTION), f"customers give {seen.value:.1f} of {high:.0f} (n={seen.n})"
    )


def _rate(tally: Tally | None, strength: int, what: str) -> FactorScore:
    if tally is None or tally.tried == 0:
        return neutral(f"no record with {what}")
    rate = smoothed(tally.won, tally.tried, USUAL_CONVERSION, strength)
    return scored(against_usual(rate, USUAL_CONVERSION), f"won {tally.won} of {tally.tried} {what}")
