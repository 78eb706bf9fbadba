"""Commands and views of connections, reach and standing."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.network.advice import Reason
from domain.network.connections import Kind, State
from domain.network.mentors import Why
from domain.network.raising import Way
from domain.network.tiers import Benefit, Tier


class ConnectionIn(BaseModel):
    """A connection that is asked for. A producer asks for themselves, so ``from_id`` is left out then."""

    model_config = ConfigDict(extra="forbid")

    to_id: UUID
    kind: Kind = Field(
        description="`mentorship` has a mentor, who asks unless `as_mentee` is true; `referral` is what an agency's file states."
    )
    from_id: UUID | None = Field(None, description="Who asks; only for people of the agency.")
    as_mentee: bool = Field(default=False, description="Of a mentorship: `to_id` is asked to be the mentor.")


class AcceptIn(BaseModel):
    """An acceptance; ``since`` when the two have worked together already."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime | None = Field(None, description="Since when it stands, if earlier than now.")


class EndIn(BaseModel):
    """The end of a connection."""

    model_config = ConfigDict(extra="forbid")

    at: AwareDatetime | None = Field(None, description="When it ended, if earlier than now.")


class ConnectionView(BaseModel):
    """A connection. ``strength`` is what it is worth now, ``stated`` what the agency's file says of it."""

    id: UUID
    version: int
    from_id: UUID
    to_id: UUID
    from_name: str
    to_name: str
    kind: Kind
    state: State
    strength: Decimal
    stated: Decimal | None
    asked_by: UUID | None
    since: datetime | None
    origin: str
    allowed_actions: list[str]


class ConnectionPage(BaseModel):
    """Connections in the order of their ids."""

    items: list[ConnectionView]
    next_cursor: UUID | None


class KnownConnection(BaseModel):
    """A connection that stood."""

    id: UUID
    from_id: UUID
    to_id: UUID
    kind: Kind


class KnownConnections(BaseModel):
    """Who was connected at ``at``, as it was known at ``known_at``."""

    at: datetime
    known_at: datetime
    items: list[KnownConnection]


class Imported(BaseModel):
    """What an import did. ``edges`` are distinct pairs of the file, ``loops`` and ``repeats`` rows that name none or one again;
    ``connected`` are new or stand again, ``ended`` those of an earlier import that the file does not name.
    """

    agency_id: UUID
    edges: int
    loops: int
    repeats: int
    producers: int
    made: int
    connected: int
    ended: int


class ReachView(BaseModel):
    """Distinct people within so many steps, each at the least distance, without the producer."""

    producer_id: UUID
    external_id: str
    degrees: int
    reach: int
    by_degree: dict[int, int]


class CounterpartView(BaseModel):
    """What one counterpart gives to the score before the cap of its group."""

    producer_id: UUID
    accepted: Decimal
    converted: Decimal
    reciprocity: Decimal
    gives: Decimal
    group: UUID
    alike: int = Field(description="How many counterparts, this one included, trade mostly with the same people as it.")


class ScoreView(BaseModel):
    """The network score with everything it consists of. ``score`` is exact, ``shown`` is for people."""

    producer_id: UUID
    external_id: str
    score: Decimal
    shown: str
    tier: Tier
    connected: int
    for_connections: Decimal
    counterparts: list[CounterpartView]
    groups: dict[UUID, Decimal]
    left_out: dict[UUID, str] = Field(description="Counterparts who do not count, and why.")
    counted_at: datetime


class BenefitView(BaseModel):
    """A benefit; ``applied``: the program keeps it, otherwise people do."""

    benefit: Benefit
    applied: bool


class OpenPromotion(BaseModel):
    """A bonus for each policy that is activated as new business before ``ends_on``, in minor units."""

    name: str
    ends_on: date
    bonus_minor: int
    currency: str


class TierCard(BaseModel):
    """A producer's tier and what is missing to the next."""

    producer_id: UUID
    tier: Tier
    score: Decimal
    shown: str
    floor: Decimal
    multiplier: Decimal = Field(description="By which referral rewards are multiplied, at the expense of the house.")
    benefits: list[BenefitView]
    promotions: list[OpenPromotion] = Field(description="Open today to this tier.")
    next_tier: Tier | None
    missing: Decimal | None


class PlaceView(BaseModel):
    """A place; equals share it, ``shared`` with how many others."""

    place: int
    shared: int
    producer_id: UUID
    name: str
    shown: str
    tier: Tier
    featured: bool
    ambassador: bool = Field(description="Diamond: somebody to ask for a mentorship.")


class Leaderboard(BaseModel):
    """Everybody by score, from place ``first`` of ``of``; ``featured`` are Gold and above."""

    of: int
    items: list[PlaceView]
    featured: list[PlaceView]
    next_offset: int | None


class ValueView(BaseModel):
    """Yearly premiums in minor units. ``direct`` came from own referrals; ``indirect`` estimates what the network could bring."""

    currency: str
    direct: int
    indirect: int
    by_degree: dict[int, int]


class NetworkValue(BaseModel):
    """What a producer's network was worth since ``since``, by currency."""

    producer_id: UUID
    since: datetime
    items: list[ValueView]


class Compared(BaseModel):
    """One measure beside everybody else's: the share of the others below, equals counting half; null where there are none."""

    name: str
    value: Decimal
    percentile: Decimal | None
    mean: Decimal | None


class Comparison(BaseModel):
    """A producer beside the others of the agency who are connected or exchanged anything."""

    producer_id: UUID
    others: int
    items: list[Compared]


class AdviceView(BaseModel):
    """With whom, why, and what it may bring in converted referrals a quarter: four in five such would come within the range."""

    producer_id: UUID
    name: str
    reason: Reason
    effect: Decimal
    low: Decimal
    high: Decimal
    of: int = Field(description="On how many referrals the rate rests.")


class Advices(BaseModel):
    """Recommendations, those with the greatest effect first."""

    producer_id: UUID
    items: list[AdviceView]


class MentorView(BaseModel):
    """Who might be a mentor, how well they fit (0 to 1) by which factors, and why they are named."""

    producer_id: UUID
    name: str
    tier: Tier
    ambassador: bool
    score: Decimal
    factors: dict[str, Decimal]
    reasons: list[Why]
    degrees: int | None = Field(description="How many steps away they are in the network.")


class Mentors(BaseModel):
    """Ambassadors first, each part best first."""

    producer_id: UUID
    items: list[MentorView]


class RaiseView(BaseModel):
    """One step and what it adds to the exact score now; ``left`` is what this counterpart could add in all before the cap."""

    way: Way
    producer_id: UUID | None
    name: str | None
    by: Decimal
    left: Decimal


class RaiseViews(BaseModel):
    """What would raise a network score, the greatest step first; each counts by itself."""

    producer_id: UUID
    items: list[RaiseView]


class MonthView(BaseModel):
    """One month of a producer's network, or of the agency's."""

    month: str
    sent: int
    accepted: int
    converted: int
    connected: int = Field(description="Connections that began.")


class ForecastView(BaseModel):
    """What a month ahead may bring, with the interval that holds it with 80 percent."""

    month: str
    expected: float
    low: float
    high: float


class Growth(BaseModel):
    """Month by month, and ahead where there are at least six full months. ``rate`` is null where there was nothing before."""

    producer_id: UUID | None
    months: list[MonthView]
    rate: float | None
    forecast: dict[str, list[ForecastView] | None]


class RingView(BaseModel):
    """Producers who send leads round among themselves. No proof of anything: somebody should look."""

    members: list[UUID]
    inside: int
    outside: int
    converted: int
    closed: Decimal


class Suspicions(BaseModel):
    """Rings, circles of three in the graph, and producers who share a phone number or an e-mail address."""

    rings: list[RingView]
    circles: list[list[UUID]]
    households: list[list[UUID]]


class NodeView(BaseModel):
    """Somebody in the picture: ``x`` and ``y`` are where to draw, in steps from the centre; ``community`` is 1 for the largest
    group of people who know each other, and 0 for the centre.
    """

    id: UUID
    name: str
    team_id: UUID | None
    tier: Tier
    degree: int
    x: float
    y: float
    community: int


class EdgeView(BaseModel):
    """A pair of people in the picture, with the strongest of their connections."""

    source: UUID
    target: UUID
    strength: Decimal
    kinds: list[Kind]


class GraphView(BaseModel):
    """A producer's network to draw. ``left_out`` people were further away than the picture holds."""

    centre: UUID
    nodes: list[NodeView]
    edges: list[EdgeView]
    left_out: int


class BrokerView(BaseModel):
    """What producers may know of each other: expertise, service area, rating, tier, team, and whether leads are taken now."""

    id: UUID
    name: str
    lines: list[str] | None
    states: list[str]
    languages: list[str] | None
    zip: str | None
    rating: float | None
    ratings: int
    team_id: UUID | None
    tier: Tier
    active: bool
    paused_until: datetime | None
    capacity_daily: int | None
    connected: bool
    ambassador: bool = Field(description="Diamond: somebody to ask for a mentorship.")


class BrokerPage(BaseModel):
    """Producers in the order of their ids."""

    items: list[BrokerView]
    next_cursor: UUID | None
