"""The score of a lead, 0 to 100: eight weighed factors whose points add up to it exactly. What is not known is neutral."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from domain.lines import Intent, Line, Urgency

VERSION = "lead-score/3"

WEIGHTS: Mapping[str, int] = {
    "intent": 24, "contactability": 19, "fit": 14, "urgency": 14, "completeness": 10, "source": 7, "similar": 7, "documents": 5,
}  # fmt: skip
"""Points that each factor can give; they add up to 100. Expert weights: they rank sensibly, they are not fitted to results."""

NEUTRAL = 0.4
"""Share of an unknown factor: a little below the middle, so that silence never lifts a lead over a known good one."""

LOWEST, HIGHEST = 1, 99
"""An open lead is never certain (DOMAIN T77); 0 and 100 are for lost and won ones."""
OUT_OF_SCOPE_AT_MOST = 5

READ_FROM = 0.7
"""A reading of the text this sure counts whole. Above it a local model's probability moves with a name, an accent or a
congregation's word as much as with the wish, and who somebody is must not move a lead's worth."""

PRIOR_WIN_RATE = 0.10
"""Share of worked leads that are won, where the agency's own average is not given. An assumption, not a measurement."""
SOURCE_SUPPORT, SIMILAR_SUPPORT = 20, 5
"""Fewer closed leads than this say nothing, and the factor is neutral."""

_INTENT = {
    Intent.BUY: 1.0, Intent.COMPARE: 0.8, Intent.LEARN: 0.35, Intent.SERVICE: 0.2, Intent.OUT_OF_SCOPE: 0.0,
    Intent.UNKNOWN: NEUTRAL,
}  # fmt: skip
_URGENCY = {Urgency.IMMEDIATE: 1.0, Urgency.SOON: 0.8, Urgency.PLANNED: 0.5, Urgency.UNKNOWN: NEUTRAL}
# Parts of contactability; with calls refused, the phone and the consent count for nothing.
_VALID_PHONE, _SOME_PHONE, _EMAIL, _NAME, _CONSENT = 0.45, 0.15, 0.25, 0.10, 0.20

_PROOF = {"declarations": 1.0, "quote": 0.9, "submission": 0.8, "loss_run": 0.8}
"""Share by kind of document about the line asked for: it proves cover in force, an offer that somebody went to get, a risk
written down for insurers."""

WANTED: Mapping[Line, tuple[tuple[str, ...], ...]] = {
    Line.AUTO: (
        ("vehicles", "vehicle_year", "vehicle_make"),
        ("age", "date_of_birth"),
        ("current_carrier",),
        ("premium", "budget"),
    ),
    Line.HOME: (("year_built",), ("square_feet",), ("home_tenure",), ("current_carrier",), ("premium", "budget")),
    Line.RENTERS: (("home_tenure",), ("premium", "budget")),
    Line.LIFE: (("age", "date_of_birth"), ("household_size", "children", "spouse"), ("budget", "premium")),
    Line.HEALTH: (("age", "date_of_birth"), ("household_size",), ("budget", "premium")),
    Line.MEDICARE: (("age", "date_of_birth"), ("current_carrier",)),
    Line.DISABILITY: (("age", "date_of_birth"), ("business_kind",)),
    Line.LONG_TERM_CARE: (("age", "date_of_birth"),),
    Line.ANNUITY: (("age", "date_of_birth"), ("budget",)),
    Line.COMMERCIAL: (("employees",), ("business_kind", "company"), ("current_carrier",)),
}
"""Facts a producer asks for first, by line; of each group one is enough. The place is wanted for every line."""
_EVERY_LINE = (("place",),)


@dataclass(frozen=True, slots=True)
class SeenDocument:
    """A document of the lead as the score sees it. ``kind`` is one of ``domain/documents``, ``kind_confidence`` 0 to 1.

    ``about``: it is about a line that the lead asks for. ``in_force``: the policy it is about has not ended, as far as it says.
    ``doubtful``: it could not be read, contradicts itself or the lead, or a person should look at it.
    """

    kind: str
    kind_confidence: float
    about: bool
    in_force: bool
    doubtful: bool


@dataclass(frozen=True, slots=True)
class ScoreFacts:
    """What the score is made of; None, UNKNOWN and empty mean unknown.

    Confidences are 0 to 1. ``sold``: the agency sells the line. ``fields_known`` of ``fields_wanted`` groups are filled (see
    :func:`wanted`). ``source_won`` of ``source_worked`` leads of the source were won; ``similar_*`` counts closed similar
    leads. ``documents`` are those sent for the lead. ``outcome``: True won, False lost, None open. ``confidences``: those of
    the decisions behind the facts.
    """

    line: Line = Line.UNKNOWN
    line_confidence: float = 1.0
    sold: bool | None = None
    out_of_scope: bool = False
    intent: Intent = Intent.UNKNOWN
    intent_confidence: float = 1.0
    urgency: Urgency = Urgency.UNKNOWN
    urgency_confidence: float = 1.0
    has_phone: bool = False
    phone_valid: bool = False
    has_email: bool = False
    has_name: bool = False
    has_consent: bool = False
    do_not_call: bool | None = None
    fields_known: int | None = None
    fields_wanted: int | None = None
    source_won: int | None = None
    source_worked: int | None = None
    similar_won: int | None = None
    similar_lost: int | None = None
    documents: tuple[SeenDocument, ...] = ()
    win_rate: float = PRIOR_WIN_RATE
    outcome: bool | None = None
    confidences: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for name in ("line_confidence", "intent_confidence", "urgency_confidence"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                msg = f"{name} is {getattr(self, name)}; it must be 0 to 1"
                raise ValueError(msg)
        if not 0.0 < self.win_rate < 1.0:
            msg = f"win_rate is {self.win_rate}; it must be above 0 and below 1"
            raise ValueError(msg)
        for part, whole in (("source_won", "source_worked"), ("fields_known", "fields_wanted")):
            few, many = getattr(self, part), getattr(self, whole)
            if few is not None and many is not None and not 0 <= few <= many:
                msg = f"{part} is {few} and {whole} is {many}; the first must lie between 0 and the second"
                raise ValueError(msg)
        if min(self.similar_won or 0, self.similar_lost or 0) < 0:
            msg = (
                f"similar_won is {self.similar_won} and similar_lost is {self.similar_lost}; counts cannot be negative"
            )
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Contribution:
    """Whole points that one factor gives; ``share`` of its weight, 0 to 1; ``known`` False where the share is the neutral one.

    The contribution ``bounds`` has no weight: it takes the sum to the bounds of the score, and its share is 0.
    """

    factor: str
    points: int
    share: float
    reason: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class Score:
    """``value`` 0 to 100 is exactly the sum of the contributions' points; ``confidence`` 0 to 1 says how much it rests on."""

    value: int
    contributions: tuple[Contribution, ...]
    confidence: float
    version: str = VERSION


class _Share(NamedTuple):
    share: float
    reason: str
    known: bool = True


def wanted(line: Line) -> tuple[tuple[str, ...], ...]:
    """Groups of facts that make a lead of the line complete; one fact of each group is enough."""
    return WANTED.get(line, ()) + _EVERY_LINE


def filled(line: Line, known: Iterable[str]) -> tuple[int, int]:
    """How many groups of :func:`wanted` the known field names fill, and how many there are."""
    names, groups = frozenset(known), wanted(line)
    return sum(1 for group in groups if names.intersection(group)), len(groups)


def score(facts: ScoreFacts) -> Score:
    """Weigh the facts. The sum is rounded half up; each factor gets whole points by largest remainder, never above its weight."""
    shares = {name: rule(facts) for name, rule in FACTORS.items()}
    points = _points({name: shares[name].share for name in WEIGHTS})
    parts = [Contribution(name, points[name], item.share, item.reason, item.known) for name, item in shares.items()]
    total = sum(points.values())
    value, reason = _bounded(facts, total)
    if value != total:
        parts.append(Contribution("bounds", value - total, 0.0, reason))
    return Score(value, tuple(parts), _confidence(facts, shares))


def smoothed_rate(won: int, closed: int, *, prior: float, strength: int) -> float:
    """Share won, drawn towards ``prior`` as if ``strength`` further leads had ended at it (mean of the Beta posterior)."""
    return (won + prior * strength) / (closed + strength)


def _points(shares: Mapping[str, float]) -> dict[str, int]:
    exact = {name: Decimal(str(round(share, 6))) * WEIGHTS[name] for name, share in shares.items()}
    total = int(sum(exact.values(), Decimal(0)).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    points = {name: int(amount) for name, amount in exact.items()}
    order = sorted(
        exact, key=lambda name: points[name] - exact[name]
    )  # stable: equal remainders go to the earlier factor
    for name in order[: total - sum(points.values())]:
        points[name] += 1
    return points


def _bounded(facts: ScoreFacts, total: int) -> tuple[int, str]:
    if facts.outcome is not None:
        return (100, "won: the outcome is known") if facts.outcome else (0, "lost: the outcome is known")
    if _out_of_scope(facts) and total > OUT_OF_SCOPE_AT_MOST:
        return OUT_OF_SCOPE_AT_MOST, f"not a request for insurance we handle: {OUT_OF_SCOPE_AT_MOST} at most"
    return max(LOWEST, min(HIGHEST, total)), f"an open lead scores {LOWEST} to {HIGHEST}"


def _out_of_scope(facts: ScoreFacts) -> bool:
    return facts.out_of_scope or facts.intent is Intent.OUT_OF_SCOPE


def _confidence(facts: ScoreFacts, shares: Mapping[str, _Share]) -> float:
    known = sum(WEIGHTS[name] for name, item in shares.items() if item.known) / 100
    sure = sum(facts.confidences) / len(facts.confidences) if facts.confidences else NEUTRAL
    return round(sure * (0.5 + 0.5 * known), 4)


def _drawn(share: float, confidence: float) -> float:
    # The less sure the reading, the nearer to neutral.
    return NEUTRAL + confidence * (share - NEUTRAL)


def _read(share: float, confidence: float) -> float:
    return _drawn(share, min(1.0, confidence / READ_FROM))


def _intent(facts: ScoreFacts) -> _Share:
    if facts.intent is Intent.UNKNOWN:
        return _Share(NEUTRAL, "intent unknown: neutral", known=False)
    share = _read(_INTENT[facts.intent], facts.intent_confidence)
    return _Share(share, f"intent {facts.intent.value}, {facts.intent_confidence:.0%} sure")


def _urgency(facts: ScoreFacts) -> _Share:
    if facts.urgency is Urgency.UNKNOWN:
        return _Share(NEUTRAL, "urgency unknown: neutral", known=False)
    share = _read(_URGENCY[facts.urgency], facts.urgency_confidence)
    return _Share(share, f"urgency {facts.urgency.value}, {facts.urgency_confidence:.0%} sure")


def _fit(facts: ScoreFacts) -> _Share:
    if _out_of_scope(facts):
        return _Share(0.0, "out of scope")
    if facts.line is Line.UNKNOWN:
        return _Share(NEUTRAL, "line of business unknown: neutral", known=False)
    if facts.sold is None:
        return _Share(NEUTRAL, f"whether the agency sells {facts.line.value} is unknown: neutral", known=False)
    words = "sold" if facts.sold else "not sold"
    share = _read(1.0 if facts.sold else 0.0, facts.line_confidence)
    return _Share(share, f"{facts.line.value} is {words} by the agency, line {facts.line_confidence:.0%} sure")


def _contactability(facts: ScoreFacts) -> _Share:
    refused = facts.do_not_call is True
    phone = _VALID_PHONE if facts.phone_valid else _SOME_PHONE if facts.has_phone else 0.0
    parts = [
        (0.0 if refused else phone, "valid phone" if facts.phone_valid else "phone not valid"),
        (_EMAIL if facts.has_email else 0.0, "e-mail"),
        (_NAME if facts.has_name else 0.0, "name"),
        (_CONSENT if facts.has_consent and not refused else 0.0, "consent"),
    ]
    words = [word for part, word in parts if part]
    if refused:
        words.append("asks not to be called")
    elif facts.do_not_call is None and phone:
        words.append("whether calls are refused is unknown")
    return _Share(round(sum(part for part, _ in parts), 6), ", ".join(words) or "no way to reach the person")


def _completeness(facts: ScoreFacts) -> _Share:
    if facts.fields_known is None or not facts.fields_wanted:
        return _Share(NEUTRAL, "what is wanted, or what was said, is unknown: neutral", known=False)
    share = facts.fields_known / facts.fields_wanted
    return _Share(share, f"{facts.fields_known} of {facts.fields_wanted} facts that a quote needs first")


def _source(facts: ScoreFacts) -> _Share:
    won, worked = facts.source_won, facts.source_worked
    if won is None or worked is None:
        return _Share(NEUTRAL, "record of the source unknown: neutral", known=False)
    if worked < SOURCE_SUPPORT:
        return _Share(
            NEUTRAL, f"{worked} worked leads of the source, fewer than {SOURCE_SUPPORT}: neutral", known=False
        )
    rate = smoothed_rate(won, worked, prior=facts.win_rate, strength=SOURCE_SUPPORT)
    return _Share(_against_average(rate, facts.win_rate), f"{won} of {worked} worked leads of the source won")


def _similar(facts: ScoreFacts) -> _Share:
    won, lost = facts.similar_won, facts.similar_lost
    if won is None or lost is None:
        return _Share(NEUTRAL, "similar leads unknown: neutral", known=False)
    if won + lost < SIMILAR_SUPPORT:
        return _Share(NEUTRAL, f"{won + lost} similar leads closed, fewer than {SIMILAR_SUPPORT}: neutral", known=False)
    rate = smoothed_rate(won, won + lost, prior=facts.win_rate, strength=SIMILAR_SUPPORT)
    return _Share(_against_average(rate, facts.win_rate), f"{won} of {won + lost} similar closed leads won")


def _documents(facts: ScoreFacts) -> _Share:
    if not facts.documents:
        return _Share(NEUTRAL, "no documents: neutral", known=False)
    proofs = {
        one: _drawn(_PROOF[one.kind], one.kind_confidence)
        for one in facts.documents
        if one.kind in _PROOF and one.about and not one.doubtful and (one.in_force or one.kind != "declarations")
    }
    count = f"{len(facts.documents)} document{'s' if len(facts.documents) > 1 else ''}"
    if not proofs:
        return _Share(NEUTRAL, f"{count}, none that clearly proves cover of the line asked for: neutral", known=False)
    best = max(proofs, key=lambda one: proofs[one])
    words = best.kind.replace("_", " ")
    return _Share(proofs[best], f"{words} of the line asked for among {count}, kind {best.kind_confidence:.0%} sure")


def _against_average(rate: float, average: float) -> float:
    # An average record is neutral; twice the average is 0.57, three times 0.67, none won nears 0.
    return rate / (rate + average * (1 - NEUTRAL) / NEUTRAL)


FACTORS: Mapping[str, Callable[[ScoreFacts], _Share]] = {
    "intent": _intent, "contactability": _contactability, "fit": _fit, "urgency": _urgency,
    "completeness": _completeness, "source": _source, "similar": _similar, "documents": _documents,
}  # fmt: skip
"""Each factor's rule, in the order shown."""
