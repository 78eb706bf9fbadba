"""The arguments of what may be asked and done in the broker network, each field with its meaning."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from domain.asking.arguments import Arguments, Words
from domain.network.connections import Kind, State
from domain.network.reach import DEGREES
from domain.network.referrals import ReferralState

Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]
_WHOSE = "key, id or name; only for who sees the whole agency, else one's own"


class Direction(StrEnum):
    """Referrals that one sent, that one was sent, or both."""

    SENT = "sent"
    RECEIVED = "received"
    BOTH = "both"


class OfBroker(Arguments):
    """A producer's figures in the network: one's own, or those of ``producer`` for who sees the whole agency."""

    producer: Words | None = Field(None, description=_WHOSE)


class ConnectionsOf(OfBroker):
    """Connections of a producer, by state."""

    state: list[State] = Field(
        default_factory=list, max_length=len(State), description="left out: active and requested"
    )


class KnownAt(OfBroker):
    """Who was connected at an instant, as it was known at another."""

    at: AwareDatetime = Field(description="when the connections stood")
    known_at: AwareDatetime | None = Field(None, description="by what was known then; left out: by what is known now")


class ReachOf(Arguments):
    """How many people a producer reaches."""

    producer: Words | None = Field(None, description="key, id or name; left out: oneself")
    degrees: int = Field(DEGREES, ge=1, le=DEGREES)


class ListReferrals(OfBroker):
    """Referrals, those that end first ahead where they are open, else newest first."""

    direction: Direction = Direction.BOTH
    state: list[ReferralState] = Field(default_factory=list, max_length=len(ReferralState))
    expires_before: AwareDatetime | None = Field(None, description="open ones that end before this instant")
    counterpart: Words | None = Field(None, description="key, id or name of the other side")


class FindPartners(Arguments):
    """Who in the network might have a lead, with reasons. Nothing is sent."""

    lead_id: UUID
    limit: int = Field(5, ge=1, le=20)


class DraftReferral(Arguments):
    """Words to go with a referral, with nothing personal of the lead's person. Nothing is sent."""

    lead_id: UUID
    producer: Words = Field(description="key, id or name of the receiver")
    language: str = Field("en", pattern="^[a-z]{2}$", description="two letters, ISO 639-1")


class TeamOf(Arguments):
    """A team with its members and open invitations: one's own, or the one of a name."""

    team: Words | None = None


class ExplainCommission(Arguments):
    """Why a commission is what it is, by its id or by its policy's number."""

    commission_id: UUID | None = None
    policy_number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.commission_id is None) == (self.policy_number is None):
            msg = "give either commission_id or policy_number"
            raise ValueError(msg)
        return self


class MakeReferral(Arguments):
    """Pass a lead on: to ``producer``, or without one to the best match and after each refusal to the next."""

    lead_id: UUID
    producer: Words | None = Field(None, description="key, id or name of the receiver")
    note: Note | None = Field(None, description="for the receiver; nothing personal of the lead's person")
    expires_at: AwareDatetime | None = Field(None, description="the first instant too late to answer; else three days")


class WhichReferral(Arguments):
    """One open referral: by its id, or by the other side or the lead; by nothing where there is only one."""

    referral_id: UUID | None = None
    producer: Words | None = Field(None, description="key, id or name of the other side")
    lead_id: UUID | None = None


class AcceptReferral(WhichReferral):
    """Take a referred lead."""


class DeclineReferral(WhichReferral):
    """Turn a referred lead down."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)] | None = None


class WithdrawReferral(WhichReferral):
    """Take back an open referral that was sent."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class RemindReceiver(WhichReferral):
    """Remind the receiver of an open referral that it waits for an answer; once a day."""


class RequestConnection(Arguments):
    """Ask a producer for a connection. Of a mentorship the one who asks is the mentor, unless as_mentee is true."""

    producer: Words = Field(description="key, id or name of whom to ask")
    kind: Kind
    as_mentee: bool = Field(default=False, description="of a mentorship: who is asked would be the mentor")
    of: Words | None = Field(None, description="for whom; only for who sees the whole agency")


class WhichConnection(Arguments):
    """One connection: by its id, or by the other side where only one fits."""

    connection_id: UUID | None = None
    producer: Words | None = Field(None, description="key, id or name of the other side")
    kind: Kind | None = Field(None, description="where there are several")
    of: Words | None = Field(None, description="whose connection; only for who sees the whole agency")

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.connection_id is None and self.producer is None:
            msg = "give connection_id or producer"
            raise ValueError(msg)
        return self


class AcceptConnection(WhichConnection):
    """Accept a connection that one was asked for."""


class DeclineConnection(WhichConnection):
    """Decline a connection that one was asked for."""


class EndConnection(WhichConnection):
    """End a connection that stands, or take back the asking for one."""


class WhichInvitation(Arguments):
    """One open invitation to a team: by its id, the team or who is in it; by nothing where there is only one."""

    invitation_id: UUID | None = None
    team: Words | None = Field(None, description="the team's name")
    producer: Words | None = Field(None, description="key, id or name of who invited, or is in the team")
    of: Words | None = Field(None, description="who was invited; only for who sees the whole agency")


class AcceptInvitation(WhichInvitation):
    """Join the team that one was invited to, leaving the one before."""


class DeclineInvitation(WhichInvitation):
    """Decline an invitation to a team."""


class InviteToTeam(Arguments):
    """Invite a producer to a team: one's own, or the one of a name."""

    producer: Words = Field(description="key, id or name")
    team: Words | None = None
