"""Teams: a leader and members with roles, and invitations as one table."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from kernel.errors import Conflict, Forbidden

INVITED_FOR = timedelta(days=14)
"""How long an invitation stands."""


class Role(StrEnum):
    """A leader changes the team, an assistant invites, a member works in it."""

    LEADER = "leader"
    ASSISTANT = "assistant"
    MEMBER = "member"


class Invitation(StrEnum):
    """Where an invitation stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


INVITES = frozenset({Role.LEADER, Role.ASSISTANT})


def require_may_invite(role: Role | None, wanted: Role) -> None:
    """Raise Forbidden unless the role may invite somebody as ``wanted``; ``None`` is who is not in the team."""
    if role not in INVITES or (wanted is not Role.MEMBER and role is not Role.LEADER):
        raise Forbidden("a leader invites anybody, an assistant members; ask the team's leader")


def require_may_lead(role: Role | None) -> None:
    """Raise Forbidden for who is not the leader."""
    if role is not Role.LEADER:
        raise Forbidden("this is for the team's leader, or a manager of the agency")


def answered(state: Invitation, expires_at: datetime, at: datetime, *, accept: bool) -> Invitation:
    """The state that an answer gives. Raises Conflict for one that is answered already or over."""
    if state is not Invitation.OPEN:
        raise Conflict(f"the invitation is {state.value}", code=f"invitation_{state.value}")
    if at >= expires_at:
        raise Conflict("the invitation has expired; ask for another", code="invitation_expired")
    return Invitation.ACCEPTED if accept else Invitation.DECLINED


def withdrawn(state: Invitation) -> Invitation:
    """The state of an invitation that is taken back. Raises Conflict for one that is answered already or over."""
    if state not in {Invitation.OPEN, Invitation.WITHDRAWN}:
        raise Conflict(f"the invitation is {state.value}", code=f"invitation_{state.value}")
    return Invitation.WITHDRAWN


def require_leaves(role: Role, others: int) -> None:
    """Raise Conflict for a leader who leaves people behind without a leader."""
    if role is Role.LEADER and others:
        raise Conflict("name another leader before you leave the team", code="team_needs_leader")
