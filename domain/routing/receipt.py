"""The record of a routing decision: enough facts to compute it again, and a check that the answer is the same.

The ranking gives an order; the caller tries to claim in that order. A claim refused (capacity went to another lead in the
meantime) is recorded and the next is tried. Computing the receipt again with its refusals names the same producer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.routing.checks import instant, refuse
from domain.routing.facts import LeadFacts, ProducerFacts, ProducerLoad, Relations
from domain.routing.panel import Panel
from domain.routing.policy import Memory, Terms, terms_of
from domain.routing.profile import ProducerProfile
from domain.routing.rank import Applied, Ranking, rank
from domain.routing.tables import Tables
from domain.routing.weights import Weights
from kernel.errors import Invalid
from kernel.ids import digest

SCHEMA = 2
"""Shape of the stored record."""
RULES_VERSION = "routing-3"
"""Raised with every change of a gate, factor, rounding, tie or strategy; a receipt of another version is not recomputed."""
RELEASES = {"routing-1": "release 0.1.0 before decision 24", "routing-2": "release 0.1.0 before decision 28"}
"""Which release recomputes the receipts of earlier versions."""

IN_FULL = 250
"""Up to so many producers a receipt holds them all; of more it holds those that were tried or could have been, and counts."""

Profiles = Mapping[str, Mapping[str, Any]]
"""Bodies of profiles by the digest of their content, so that a store keeps each distinct one once."""


@dataclass(frozen=True, slots=True)
class ClaimRefused:
    """A claim that did not succeed: who, the stable code (``capacity_full``), and when."""

    producer_id: UUID
    code: str
    at: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", instant("refused.at", self.at))

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {"producer_id": str(self.producer_id), "code": self.code, "at": self.at.isoformat()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ClaimRefused:
        """The inverse of :meth:`as_dict`."""
        return cls(UUID(data["producer_id"]), data["code"], datetime.fromisoformat(data["at"]))


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who got the lead, or is the first who is asked (None: nobody), their place from 1, and why.

    ``code`` is ``best``, ``next_after_refusal``, ``all_claims_refused``, or the ranking's when there was nobody to try.
    ``shared``: those ``beside`` are asked at the same time; those ``passed_over`` are not, since one who is has a carrier of
    theirs.
    """

    producer_id: UUID | None
    place: int | None
    code: str
    shared: bool = False
    beside: tuple[UUID, ...] = ()
    passed_over: tuple[UUID, ...] = ()

    @property
    def asked(self) -> tuple[UUID, ...]:
        """Everybody who gets the lead or is asked."""
        return () if self.producer_id is None else (self.producer_id, *self.beside)

    def as_dict(self) -> dict[str, Any]:
        """JSON types; of sharing only where the lead is shared, so that the digests of older receipts stand."""
        who = None if self.producer_id is None else str(self.producer_id)
        pairs: dict[str, Any] = {"producer_id": who, "place": self.place, "code": self.code}
        if self.shared:
            pairs |= {
                "beside": [str(one) for one in self.beside], "passed_over": [str(one) for one in self.passed_over],
            }  # fmt: skip
        return pairs


@dataclass(frozen=True, slots=True)
class Considered:
    """One candidate as stored: the profile by its digest, load and relations inline."""

    producer_id: UUID
    profile: str
    load: ProducerLoad
    relations: Relations

    def as_dict(self) -> dict[str, Any]:
        """JSON types."""
        return {
            "producer_id": str(self.producer_id), "profile": self.profile, "load": self.load.as_dict(),
            "relations": self.relations.as_dict(),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Considered:
        """The inverse of :meth:`as_dict`."""
        return cls(
            UUID(data["producer_id"]), data["profile"], ProducerLoad.from_dict(data["load"]),
            Relations.from_dict(data["relations"]),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Receipt:
    """One decision. ``tables`` holds only the rows it could read and ``memory`` only what it could of turns and counts, so
    nothing but the profiles is needed to recompute it.
    """

    lead: LeadFacts
    as_of: datetime
    terms: Terms
    seed: str
    tables: Tables
    memory: Memory
    candidates: tuple[Considered, ...]
    ranking: Ranking
    refused: tuple[ClaimRefused, ...]
    outcome: Outcome

    @property
    def digest(self) -> str:
        """SHA-256 of the record's content."""
        return digest(self._content())

    def as_dict(self) -> dict[str, Any]:
        """JSON types, with the digest of everything else."""
        content = self._content()
        return {**content, "digest": digest(content)}

    def _content(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA, "rules": RULES_VERSION, "lead": self.lead.as_dict(), "as_of": self.as_of.isoformat(),
            "weights": self.terms.weights.as_dict(), "policy": self.terms.as_dict(), "memory": self.memory.as_dict(),
            "seed": self.seed, "tables": self.tables.as_dict(),
            "candidates": [one.as_dict() for one in self.candidates], "ranking": self.ranking.as_dict(),
            "refused": [one.as_dict() for one in self.refused], "outcome": self.outcome.as_dict(),
        }  # fmt: skip


def profile_digest(profile: ProducerProfile) -> str:
    """The key under which a receipt and the store know this content."""
    return digest(profile.as_dict())


def build_receipt(
    lead: LeadFacts,
    producers: Iterable[ProducerFacts],
    by: Weights | Terms,
    seed: str,
    as_of: datetime,
    tables: Tables,
    *,
    memory: Memory | None = None,
    refused: Sequence[ClaimRefused] = (),
    digests: Mapping[UUID, str] | None = None,
) -> tuple[Receipt, dict[str, dict[str, Any]]]:
    """Rank and record. Returns the receipt and the bodies of its profiles by digest.

    ``digests`` gives profile digests the caller already holds, so that a thousand need not be hashed again; the bodies of
    those are left out. Raises :class:`~kernel.errors.Invalid` like :func:`~domain.routing.rank.rank`.
    """
    if as_of.tzinfo is None:
        refuse("as_of", as_of.isoformat(), "give an instant with its offset from UTC")
    as_of, terms = as_of.astimezone(UTC), terms_of(by)
    known = digests or {}
    bodies: dict[str, dict[str, Any]] = {}
    people = sorted(producers, key=lambda producer: producer.producer_id)
    candidates = []
    for producer in people:
        key = known.get(producer.producer_id)
        if key is None:
            body = producer.profile.as_dict()
            key = digest(body)
            bodies[key] = body
        candidates.append(Considered(producer.producer_id, key, producer.load, producer.relations))
    narrow = tables.narrowed(lead.line, (producer.profile.holiday_region for producer in people), as_of)
    kept = (memory or Memory()).of((producer.profile for producer in people), lead, terms)
    ranking = _ranked(lead, people, terms, seed, as_of, narrow, kept)
    outcome = _outcome(ranking, refused)
    return Receipt(lead, as_of, terms, seed, narrow, kept, tuple(candidates), ranking, tuple(refused), outcome), bodies


def panel_receipt(
    panel: Panel,
    lead: LeadFacts,
    by: Weights | Terms,
    seed: str,
    relations: Mapping[UUID, Relations],
    digests: Mapping[UUID, str],
    memory: Memory | None = None,
) -> Receipt:
    """Rank a whole roster at the panel's instant, and record. ``digests`` are those of its profiles."""
    terms, memory = terms_of(by), memory or Memory()
    ranking = terms.rank(panel, lead, seed, relations, memory)
    if len(panel.profiles) <= IN_FULL:
        places: Iterable[int] = range(len(panel.profiles))
    else:
        near = terms.nearest(panel, lead, relations, memory, ranking)
        places = sorted({panel.place[who] for who in [*near, *(placed.producer_id for placed in ranking.order)]})
    kept = [(panel.profiles[place], panel.load(place)) for place in places]
    candidates = tuple(
        Considered(one.producer_id, digests[one.producer_id], load, relations.get(one.producer_id, Relations()))
        for one, load in kept
    )
    narrow = panel.tables.narrowed(lead.line, (one.holiday_region for one, _ in kept), panel.as_of)
    read = memory.of((one for one, _ in kept), lead, terms)
    return Receipt(lead, panel.as_of, terms, seed, narrow, read, candidates, ranking, (), _outcome(ranking, ()))


def with_memory(receipt: Receipt, profiles: Mapping[UUID, ProducerProfile], memory: Memory) -> Receipt:
    """The same decision among the same candidates after turns or counts have moved on: what a claim reads under its lock."""
    people = [ProducerFacts(profiles[one.producer_id], one.load, one.relations) for one in receipt.candidates]
    digests = {one.producer_id: one.profile for one in receipt.candidates}
    again, _ = build_receipt(
        receipt.lead, people, receipt.terms, receipt.seed, receipt.as_of, receipt.tables, memory=memory, digests=digests
    )
    return again if receipt.ranking.considered == len(people) else _among_others(again, receipt.ranking.as_dict())


def with_refusals(receipt: Receipt, refused: Sequence[ClaimRefused]) -> Receipt:
    """The same decision after claims that did not succeed, in the order they were tried."""
    return replace(receipt, refused=tuple(refused), outcome=_outcome(receipt.ranking, refused))


def replay(record: Mapping[str, Any], profiles: Profiles) -> Receipt:
    """Compute the decision again from the stored facts alone; stored totals, reasons and outcome are not read.

    Of a large roster only those are stored that were tried or could have been: how many others there were, and what stopped
    them, is taken as recorded.
    Raises :class:`~kernel.errors.Invalid` when the record is of another schema or rules version, a profile's body is
    missing or not what its digest says, or a part cannot be read.
    """
    if record.get("schema") != SCHEMA or record.get("rules") != RULES_VERSION:
        made = f"schema {record.get('schema')}, rules {record.get('rules')}"
        release = RELEASES.get(str(record.get("rules")), "the release that made it")
        refuse("receipt", made, f"recompute it with {release}; this one has {SCHEMA}, {RULES_VERSION}")
    try:
        considered = [Considered.from_dict(one) for one in record["candidates"]]
        people = people_of(record, profiles)
        terms = Terms.from_dict(record["policy"], Weights.from_dict(record["weights"]))
        receipt, _ = build_receipt(
            LeadFacts.from_dict(record["lead"]), people, terms, record["seed"],
            datetime.fromisoformat(record["as_of"]), Tables.from_dict(record["tables"]),
            memory=Memory.from_dict(record["memory"]), refused=[ClaimRefused.from_dict(one) for one in record["refused"]],
            digests={one.producer_id: one.profile for one in considered},
        )  # fmt: skip
        if record["ranking"]["considered"] > len(considered):
            receipt = _among_others(receipt, record["ranking"])
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        refuse("receipt", f"{type(problem).__name__}: {problem}", "restore the record as it was written")
    return receipt


def people_of(record: Mapping[str, Any], profiles: Profiles) -> list[ProducerFacts]:
    """The candidates of a stored record. Raises :class:`~kernel.errors.Invalid` for a profile that is not what was hashed."""
    considered = [Considered.from_dict(one) for one in record["candidates"]]
    return [ProducerFacts(_profile(one, profiles), one.load, one.relations) for one in considered]


def verify(record: Mapping[str, Any], profiles: Profiles) -> list[str]:
    """Where the stored record and its recomputation differ, as ``path: stored ..., recomputed ...``; empty means the same."""
    try:
        again = replay(record, profiles)
    except Invalid as problem:
        return [f"not recomputed: {problem.detail}"]
    return list(_differences("", dict(record), again.as_dict()))


def _among_others(receipt: Receipt, recorded: Mapping[str, Any]) -> Receipt:
    """The recomputed order of those stored, among the others that the record counts."""
    ranking = receipt.ranking
    refused = Counter(recorded["refused"]) + Counter(ranking.refused)
    ranking = replace(
        ranking, considered=recorded["considered"], refused=dict(sorted(refused.items())),
        eligible=ranking.eligible + recorded["eligible"] - len(receipt.candidates),
        rules=_applied(ranking, recorded["rules"], alone=not receipt.candidates),
    )  # fmt: skip
    if not receipt.candidates:  # nobody could be tried, so nobody is stored, and only the record says why
        ranking = replace(ranking, code=recorded["code"], reason=recorded["reason"])
    return replace(receipt, ranking=ranking, outcome=_outcome(ranking, receipt.refused))


def _applied(ranking: Ranking, recorded: Sequence[Mapping[str, Any]], *, alone: bool) -> tuple[Applied, ...]:
    """What rules did to those stored, and to the others that the record counts; without any stored, as recorded."""
    if alone:
        return tuple(Applied(**one) for one in recorded)
    others = {one["rule"]: one for one in recorded}
    return tuple(
        replace(one, removed=one.removed + others[one.rule]["removed"], preferred=others[one.rule]["preferred"])
        if one.rule in others else one for one in ranking.rules
    )  # fmt: skip


def _ranked(
    lead: LeadFacts,
    people: list[ProducerFacts],
    terms: Terms,
    seed: str,
    as_of: datetime,
    tables: Tables,
    memory: Memory,
) -> Ranking:
    """Without rules by the plain ranking, which shares no code with the panel's; with rules by a panel of these people."""
    if terms.plain:
        return rank(lead, people, terms.weights, seed, as_of, tables)
    panel = Panel((one.profile for one in people), tables)
    panel.advance(as_of, {one.producer_id: one.load for one in people})
    return terms.rank(panel, lead, seed, {one.producer_id: one.relations for one in people}, memory)


def _profile(one: Considered, profiles: Profiles) -> ProducerProfile:
    body = profiles.get(one.profile)
    if body is None:
        refuse("profiles", one.profile, "give the body of every profile the receipt names")
    profile = ProducerProfile.from_dict(body)
    if profile.producer_id != one.producer_id or profile_digest(profile) != one.profile:
        refuse("profiles", one.profile, "the body is not the one that was hashed; restore it")
    return profile


def _outcome(ranking: Ranking, refused: Sequence[ClaimRefused]) -> Outcome:
    if not ranking.order:
        return Outcome(None, None, ranking.code)
    out = {one.producer_id for one in refused}
    for place, placed in enumerate(ranking.order, start=1):
        if placed.producer_id not in out:
            code = "best" if place == 1 else "next_after_refusal"
            if ranking.share is None:
                return Outcome(placed.producer_id, place, code)
            asked, over = ranking.share.divided([one.producer_id for one in ranking.order], out)
            return Outcome(
                placed.producer_id, place, code, shared=True, beside=tuple(asked[1:]), passed_over=tuple(over)
            )
    return Outcome(None, None, "all_claims_refused")


def _differences(path: str, stored: Any, again: Any) -> Iterable[str]:
    if isinstance(stored, Mapping) and isinstance(again, Mapping):
        for key in sorted({*stored, *again}):
            yield from _differences(f"{path}.{key}".lstrip("."), stored.get(key), again.get(key))
    elif isinstance(stored, list) and isinstance(again, list) and len(stored) == len(again):
        for index, pair in enumerate(zip(stored, again, strict=True)):
            yield from _differences(f"{path}[{index}]", *pair)
    elif stored != again:
        yield f"{path}: stored {str(stored)[:80]}, recomputed {str(again)[:80]}"
