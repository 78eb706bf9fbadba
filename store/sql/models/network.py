"""The broker network: what was known of connections when, referrals, who is credited, what was exchanged, standing and teams."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.sql.models.base import Identified, OfAgency, Row


class ConnectionPeriodRow(Identified, OfAgency, Row):
    """What was held to be true of a connection (domain.network.connections.Period). Rows are added, and ``recorded_until`` is set
    once; nothing else changes, so that every earlier state of knowledge can be asked for.
    """

    __tablename__ = "connection_period"
    __table_args__ = (
        CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name="stands_for_a_time"),
        CheckConstraint("recorded_until IS NULL OR recorded_until > recorded_from", name="recorded_for_a_time"),
        Index(
            "uq_connection_period_standing", "connection_id", unique=True,
            postgresql_where=text("valid_until IS NULL AND recorded_until IS NULL"),
        ),
        Index(None, "agency_id", "valid_from"),
    )  # fmt: skip

    connection_id: Mapped[UUID] = mapped_column(ForeignKey("producer_connection.id", ondelete="CASCADE"), index=True)
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime | None]
    recorded_from: Mapped[datetime]
    recorded_until: Mapped[datetime | None]
    recorded_by: Mapped[str]


class BrokerReferralRow(Identified, OfAgency, Row):
    """A lead that one producer passes to another. ``*_people`` are the agency's hashes of the phones and e-mail addresses of the
    sender, the receiver and the referred person, so that the database itself refuses whoever refers themselves (DOMAIN T25).

    ``searching``: after a refusal the next best is asked. ``previous_id`` is the referral that was turned down before,
    ``matched`` why this receiver was chosen. ``repeated``: the lead was accepted in the network before.
    """

    __tablename__ = "broker_referral"
    __table_args__ = (
        UniqueConstraint("agency_id", "key"),
        CheckConstraint("from_id <> to_id", name="not_self"),
        CheckConstraint("NOT (from_people && to_people)", name="not_to_own_double"),
        CheckConstraint("NOT (from_people && referred_people)", name="not_of_oneself"),
        CheckConstraint("NOT (to_people && referred_people)", name="not_of_the_receiver"),
        CheckConstraint("expires_at > created_at", name="expires_later"),
        CheckConstraint(
            "state IN ('pending', 'accepted', 'declined', 'expired', 'converted', 'lost', 'withdrawn', 'reversed')",
            name="known_state",
        ),
        Index("uq_broker_referral_open", "lead_id", unique=True, postgresql_where=text("state = 'pending'")),
        Index("uq_broker_referral_converted", "lead_id", unique=True, postgresql_where=text("state = 'converted'")),
        Index("ix_broker_referral_due", "expires_at", postgresql_where=text("state = 'pending'")),
        Index("ix_broker_referral_lead", "lead_id", postgresql_where=text("state IN ('accepted', 'converted', 'lost')")),
        Index(None, "agency_id", "created_at", "id"),
        Index(None, "from_id", "created_at"),
        Index(None, "to_id", "created_at"),
    )  # fmt: skip

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"))
    from_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"))
    to_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"))
    key: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default="pending")
    searching: Mapped[bool] = mapped_column(default=False)
    previous_id: Mapped[UUID | None]
    matched: Mapped[dict[str, Any]] = mapped_column(default=dict)
    from_people: Mapped[list[str]]
    to_people: Mapped[list[str]]
    referred_people: Mapped[list[str]]
    test: Mapped[bool] = mapped_column(default=False)
    repeated: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    expires_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    reason: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    premium_minor: Mapped[int | None]
    currency: Mapped[str | None]


class ReferralCreditRow(Identified, OfAgency, Row):
    """Who is credited for an event of a referred person, and whether a reward may accrue (domain.referral_law).

    ``referral_id`` is the first touch, ``earned_by`` the referral whose acceptance or sale it was, and ``lead_id`` the lead of
    the latter. An event of a referral is credited once, so is one of a lead, and by :class:`ReferralCreditPersonRow` one of a
    person and line, however many leads they are (DOMAIN T26). One that was reversed makes way.
    """

    __tablename__ = "referral_credit"
    __table_args__ = (
        Index(
            "uq_referral_credit_earned", "earned_by", "event", unique=True, postgresql_where=text("reversed_at IS NULL"),
        ),
        Index(
            "uq_referral_credit_lead", "agency_id", "lead_id", "event", unique=True,
            postgresql_where=text("reversed_at IS NULL"),
        ),
        CheckConstraint("event IN ('referred', 'converted')", name="known_event"),
        Index(None, "agency_id", "producer_id", "at"),
    )  # fmt: skip

    referral_id: Mapped[UUID] = mapped_column(ForeignKey("broker_referral.id", ondelete="CASCADE"), index=True)
    earned_by: Mapped[UUID] = mapped_column(ForeignKey("broker_referral.id", ondelete="CASCADE"), index=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"))
    event: Mapped[str]
    line: Mapped[str]
    at: Mapped[datetime]
    state: Mapped[str | None]
    licensed: Mapped[bool | None]
    allowed: Mapped[bool]
    code: Mapped[str]
    citation: Mapped[str | None]
    law_version: Mapped[str]
    reversed_at: Mapped[datetime | None]


class ReferralCreditPersonRow(OfAgency, Row):
    """One of the hashes by which the referred person is known: the primary key makes a second credit impossible. Gone once its
    credit is reversed.
    """

    __tablename__ = "referral_credit_person"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    event: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    credit_id: Mapped[UUID] = mapped_column(ForeignKey("referral_credit.id", ondelete="CASCADE"), index=True)


class BrokerExchangeRow(OfAgency, Row):
    """A counter of domain.network.exchange, kept up to date with every change of a referral; ``version`` is the network's by
    the last change of this one.
    """

    __tablename__ = "broker_exchange"
    __table_args__ = (
        Index(None, "agency_id", "version"),
        Index(None, "agency_id", "to_id"),
        CheckConstraint("count >= 0", name="counts_up"),
    )

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    from_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"), primary_key=True)
    to_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"), primary_key=True)
    month: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    version: Mapped[int] = mapped_column(server_default=text("0"))


class BrokerNetworkRow(Row):
    """An agency's network as a whole: ``version`` grows with every change of exchanges, ``counted`` is what standing rests on
    (that version, the roster's and the month), None before the first count. ``anew_at`` is the version at which the exchanges
    were counted from the beginning last.
    """

    __tablename__ = "broker_network"

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    anew_at: Mapped[int] = mapped_column(server_default=text("0"))
    counted: Mapped[dict[str, Any] | None]
    counted_at: Mapped[datetime | None]


class NetworkEffectRow(OfAgency, Row):
    """A producer's standing as it was last counted: the exact score, its tier, and what it consists of."""

    __tablename__ = "network_effect"
    __table_args__ = (
        Index(None, "agency_id", "score"),
        CheckConstraint("score >= 0", name="not_negative"),
        CheckConstraint("tier IN ('bronze', 'silver', 'gold', 'platinum', 'diamond')", name="known_tier"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"), primary_key=True)
    score: Mapped[Decimal] = mapped_column(Numeric())
    tier: Mapped[str]
    connected: Mapped[int]
    parts: Mapped[dict[str, Any]]
    counted_at: Mapped[datetime]


class NetworkTierRow(OfAgency, Row):
    """A producer's tier from an instant on, until the next row. Before the first nobody knows of one."""

    __tablename__ = "network_tier"
    __table_args__ = (
        CheckConstraint("tier IN ('bronze', 'silver', 'gold', 'platinum', 'diamond')", name="known_tier"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    tier: Mapped[str]


class BrokerTeamRow(Identified, OfAgency, Row):
    """A team. Who is in it say the producers' profiles (``team_id``), which routing reads; its id derives from its name, as an
    agency file's teams do.
    """

    __tablename__ = "broker_team"
    __table_args__ = (UniqueConstraint("agency_id", "name"),)

    name: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class BrokerTeamMemberRow(OfAgency, Row):
    """A member's role and since when; of a team one is the leader."""

    __tablename__ = "broker_team_member"
    __table_args__ = (
        Index("uq_broker_team_member_leader", "team_id", unique=True, postgresql_where=text("role = 'leader'")),
        CheckConstraint("role IN ('leader', 'assistant', 'member')", name="known_role"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"), primary_key=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("broker_team.id", ondelete="CASCADE"), index=True)
    role: Mapped[str]
    since: Mapped[datetime]


class BrokerTeamPoolingRow(OfAgency, Row):
    """Whether a team pools its members' commissions from ``since`` on, until its next row."""

    __tablename__ = "broker_team_pooling"

    team_id: Mapped[UUID] = mapped_column(ForeignKey("broker_team.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    pools: Mapped[bool]
    by: Mapped[str]
    at: Mapped[datetime]


class BrokerTeamInvitationRow(Identified, OfAgency, Row):
    """An invitation into a team; open at most once for a producer and a team."""

    __tablename__ = "broker_team_invitation"
    __table_args__ = (
        Index(
            "uq_broker_team_invitation_open", "team_id", "producer_id", unique=True, postgresql_where=text("state = 'open'"),
        ),
        CheckConstraint("expires_at > created_at", name="expires_later"),
        Index(None, "producer_id", "created_at"),
    )  # fmt: skip

    team_id: Mapped[UUID] = mapped_column(ForeignKey("broker_team.id", ondelete="CASCADE"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id", ondelete="CASCADE"))
    role: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
