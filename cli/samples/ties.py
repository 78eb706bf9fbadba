"""Who works with whom: mentors within a team, partners across trades, neighbours, and a few hubs that everybody knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

from cli.samples.draws import chance, number, pick, some
from cli.samples.places import NEIGHBOURS
from cli.samples.staff import Person

_JUNIOR, _SENIOR, _PARTNER = 2, 4, 5
Tie = tuple[str, str, str, float]


def connections(people: list[Person]) -> list[dict[str, Any]]:
    """Connections as the agency file states them, each pair once a kind; only a referral has a direction."""
    seen: set[tuple[str, ...]] = set()
    rows = []
    for maker in (_mentorship, _partnership, _cross_referral, _referral):
        for one, other, kind, strength in maker(people):
            key = (kind, *((one, other) if kind in {"referral", "mentorship"} else sorted((one, other))))
            if one != other and key not in seen:
                seen.add(key)
                rows.append({"from": one, "to": other, "kind": kind, "strength": strength})
    return rows


def _mentorship(people: list[Person]) -> Iterator[Tie]:
    # From mentor to junior, within the team.
    for person in people:
        if person.rank > _JUNIOR:
            continue
        seniors = [other for other in _team(people, person) if other.rank >= _SENIOR]
        if seniors:
            yield _tie(pick(seniors, "mentor", person.external_id), person, "mentorship", 55, 95)


def _partnership(people: list[Person]) -> Iterator[Tie]:
    # Things beside people: who insures a house knows whom to ask about the owner's life.
    for person in people:
        if person.trade.property_side:
            others = [other for other in _team(people, person) if not other.trade.property_side]
            near = [other for other in others if other.state == person.state] or others
            for other in some(near, number(1, 3, "partners", person.external_id), "partner", person.external_id):
                yield _tie(person, other, "partnership", 40, 90)
    partners = [person for person in people if person.rank == _PARTNER]
    for one, other in combinations(partners, 2):
        if chance(40, "partners", one.external_id, other.external_id):
            yield _tie(one, other, "partnership", 35, 70)
    for person in people:  # shifts of a desk hand over to each other
        if person.rota:
            mates = [other for other in _team(people, person) if other.rota != person.rota]
            for other in some(mates, 2, "handover", person.external_id):
                yield _tie(person, other, "partnership", 50, 85)


def _cross_referral(people: list[Person]) -> Iterator[Tie]:
    # Over the state line, where a client moves or owns a second house.
    local = [person for person in people if not person.rota]
    for person in local:
        near = [other for other in local if other.state in NEIGHBOURS[person.state]]
        if near and chance(80, "crosses", person.external_id):
            yield _tie(person, pick(near, "cross", person.external_id), "cross_referral", 20, 65)


def _referral(people: list[Person]) -> Iterator[Tie]:
    # To the specialists whom many know, and to the desk that answers when the office is closed.
    local = [person for person in people if not person.rota]
    desks = [person for person in people if person.rota and person.rank >= _SENIOR]
    hubs = {
        name: [person for person in local if person.trade.name == name and person.rank >= _SENIOR]
        for name in ("commercial", "life", "medicare")
    }
    for person in local:
        kinds = [name for name, hub in hubs.items() if hub and name != person.trade.name]
        if chance(60, "asks a specialist", person.external_id):
            hub = hubs[pick(kinds, "specialist", person.external_id)]
            # The first few of each trade are known best: a hub has many more ties than others.
            known = hub[: 2 if chance(60, "famous", person.external_id) else len(hub)]
            yield _tie(person, pick(known, "which specialist", person.external_id), "referral", 15, 60)
        if chance(50, "uses the desk", person.external_id):
            serving = [desk for desk in desks if person.state in desk.desk_states]
            yield _tie(person, pick(serving, "which desk", person.external_id), "referral", 25, 70)


def _team(people: Iterable[Person], person: Person) -> list[Person]:
    return [other for other in people if other.team == person.team and other is not person]


def _tie(one: Person, other: Person, kind: str, low: int, high: int) -> Tie:
    return one.external_id, other.external_id, kind, number(low, high, kind, one.external_id, other.external_id) / 100
