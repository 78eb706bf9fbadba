"""How the producer stands to the lead and where it came from: ties, shared work, referrals, team.

Most producers have no tie to a lead, so "none" is worth what "unknown" is: a missing graph must not put anyone ahead.
"""

from __future__ import annotations

from domain.routing.factors.score import NEUTRAL, FactorScore, against_usual, neutral, scored, smoothed
from domain.routing.facts import Candidate, LeadFacts
from domain.routing.profile import RANKS

USUAL_REFERRAL = 0.3
"""Share of received referrals won that counts as neither good nor bad."""
_REFERRAL_STRENGTH = 10
_TEAM_SHARE = 0.75


def social(lead: LeadFacts, producer: Candidate) -> FactorScore:
    """Strength of the tie to the lead."""
    del lead
    return _tie(producer.relations.social, "tie to the lead")


def collaboration(lead: LeadFacts, producer: Candidate) -> FactorScore:
    """Strength of the work shared with whoever brought the lead."""
    del lead
    return _tie(producer.relations.collaboration, "shared work with the lead's origin")


def referral(lead: LeadFacts, producer: Candidate) -> FactorScore:
    """Their own referral coming back, or how earlier referrals from the same person went."""
    if lead.referred_by is None:
        return scored(NEUTRAL, "nobody referred this lead")
    if lead.referred_by == producer.profile.producer_id:
        return scored(1.0, "referred this lead")
    had = producer.relations.referrals
    if had is None or had.tried == 0:
        return neutral("no earlier referrals from the same person")
    rate = smoothed(had.won, had.tried, USUAL_REFERRAL, _REFERRAL_STRENGTH)
    return scored(against_usual(rate, USUAL_REFERRAL), f"won {had.won} of {had.tried} referrals from the same person")


def team(lead: LeadFacts, producer: Candidate) -> FactorScore:
    """Three quarters whether the lead is the producer's team's, one quarter standing in the organisation."""
    del lead
    same, rank = producer.relations.same_team, producer.profile.rank
    if same is None and rank is None:
        return neutral("team and standing not known")
    low, high = RANKS
    belongs = NEUTRAL if same is None else float(same)
    standing = NEUTRAL if rank is None else (rank - low) / (high - low)
    words = {None: "team not known", True: "the lead is their team's", False: "the lead is another team's or none's"}
    said = words[same] if rank is None else f"{words[same]}, standing {rank} of {high}"
    return scored(_TEAM_SHARE * belongs + (1 - _TEAM_SHARE) * standing, said)


def _tie(strength: float | None, what: str) -> FactorScore:
    if strength is None:
        return neutral(f"{what} not known")
    return scored(NEUTRAL + strength / 2, f"{what} of strength {strength:.2f}" if strength else f"no {what}")
