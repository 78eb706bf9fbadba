"""An agency's weights, rules and strategy: checked, kept version by version, tried on past leads before they decide."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.routing.policy import Policy, Versions
from domain.routing.rules.checks import check_rules
from domain.routing.rules.reading import Faults, read_rules
from domain.routing.strategies import lines_from
from domain.routing.weight_table import WeightTable
from domain.routing.weights import Weights
from kernel.clock import now
from kernel.errors import Stale
from kernel.ids import digest
from services.routing.roster import AgencyRoster, Rosters
from services.routing.schemas import PolicyChecked, PolicyKind, PolicyList, PolicyView, TriedView
from services.routing.trying import tried
from store.sql.models import PolicyRow
from store.uow import Database, UnitOfWork

SETTING = "policies"
"""Where the agency's settings say which versions are in force, so that the pipeline asks for no more than it has to."""
MOST_TRIED = 2000
"""Past decisions on which rules are tried at most, the newest."""
_KEPT = 64
_SHIPPED: dict[PolicyKind, Any] = {
    PolicyKind.WEIGHTS: {"rows": []},
    PolicyKind.RULES: [],
    PolicyKind.STRATEGY: {"agency": {"kind": "best_match"}},
}


class Policies:
    """Reading and trying need ``routing:read``, changing ``agency:admin``."""

    def __init__(self, database: Database, rosters: Rosters) -> None:
        self._database = database
        self._rosters = rosters

    async def in_force(self, actor: Actor, kind: PolicyKind) -> PolicyView:
        """The version that decides now; version 0 is what is shipped."""
        actor.require(Scope.ROUTING_READ)
        async with self._database.begin(actor) as uow:
            rows = await uow.distribution.versions(kind.value)
        return _view(rows[0]) if rows else _shipped(kind)

    async def versions(self, actor: Actor, kind: PolicyKind) -> PolicyList:
        """Every version, newest first."""
        actor.require(Scope.ROUTING_READ)
        async with self._database.begin(actor) as uow:
            return PolicyList(items=[_view(row) for row in await uow.distribution.versions(kind.value)])

    async def check(self, actor: Actor, kind: PolicyKind, body: object) -> PolicyChecked:
        """What would be saved. Raises Invalid with every fault, its value and its remedy."""
        actor.require(Scope.ROUTING_READ)
        async with self._database.begin(actor) as uow:
            held = checked(kind, body, await self._rosters.current(uow))
        return PolicyChecked(kind=kind, body=held, digest=digest(held))

    async def put(self, actor: Actor, kind: PolicyKind, body: object, why: str, *, expected: int | None) -> PolicyView:
        """A new version, in force from the next ranking on. Raises Invalid, and Stale when another came in between."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            return await add_version(uow, kind, checked(kind, body, await self._rosters.current(uow)), why, expected)

    async def restore(
        self, actor: Actor, kind: PolicyKind, version: int, why: str | None = None, *, expected: int | None
    ) -> PolicyView:
        """An earlier version in force again: as a new one that says the same, checked against producers as they are now.
        Version 0 is what is shipped. Raises NotFound for a version that there never was, Invalid and Stale as :meth:`put` does.
        """
        actor.require(Scope.AGENCY_ADMIN)
        said = f"version {version} again" + ("" if why is None else f": {why}")
        async with self._database.begin(actor) as uow:
            body = (await uow.distribution.version(kind.value, version)).body["is"] if version else _SHIPPED[kind]
            return await add_version(uow, kind, checked(kind, body, await self._rosters.current(uow)), said, expected)

    async def try_on(self, actor: Actor, rules: object, since: datetime) -> TriedView:
        """Rules on the facts of decisions made since then: which would have matched, who would have got the leads."""
        actor.require(Scope.ROUTING_READ)
        async with self._database.begin(actor) as uow:
            roster = await self._rosters.current(uow)
            wanted = read_rules(checked(PolicyKind.RULES, rules, roster))
            receipts, many = await uow.distribution.receipts(since, MOST_TRIED)
            digests = {one["profile"] for receipt in receipts for one in receipt.body["candidates"]}
            profiles = await uow.routing.profiles(sorted(digests))
        return await asyncio.to_thread(tried, [receipt.body for receipt in receipts], profiles, wanted, many)


class PolicyBook:
    """The policies of agencies as ranking uses them, read once for each set of versions."""

    def __init__(self) -> None:
        self._kept: OrderedDict[UUID, tuple[object, Policy]] = OrderedDict()

    async def current(self, uow: UnitOfWork, settings: Mapping[str, Any]) -> Policy:
        """What is in force by the agency's settings. Weights that were set there before versions count as version 0."""
        versions, own = settings.get(SETTING, {}), settings.get("weights")
        known = self._kept.get(uow.actor.agency_id)
        if known is not None and known[0] == (versions, own):
            self._kept.move_to_end(uow.actor.agency_id)
            return known[1]
        bodies = {kind: _SHIPPED[kind] for kind in PolicyKind}
        for name, version in versions.items():
            bodies[PolicyKind(name)] = (await uow.distribution.version(name, version)).body["is"]
        weights: Any = bodies[PolicyKind.WEIGHTS]
        if own and "weights" not in versions:
            weights = {"rows": [{"weights": Weights.of(own).as_dict()}]}
        policy = Policy.read(weights, bodies[PolicyKind.RULES], bodies[PolicyKind.STRATEGY], Versions(**versions))
        self._kept[uow.actor.agency_id] = (versions, own), policy
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return policy


async def add_version(uow: UnitOfWork, kind: PolicyKind, body: Any, why: str, expected: int | None) -> PolicyView:
    """A checked body as the new version. Raises Stale where the present one is not ``expected``."""
    agency = await uow.agencies.mine(lock=True)
    rows = await uow.distribution.versions(kind.value)
    present = _view(rows[0]) if rows else _shipped(kind)
    if expected is not None and expected != present.version:
        detail = f"{kind.value} are at version {present.version}, not {expected}; read them again"
        raise Stale(detail, current=present.model_dump(mode="json"))
    version = present.version + 1
    row = {
        "kind": kind.value, "version": version, "body": {"is": body}, "digest": digest(body), "by": uow.actor.subject,
        "why": why, "at": now(),
    }  # fmt: skip
    await uow.distribution.add(row)
    await uow.agencies.save_setting(SETTING, {**agency.settings.get(SETTING, {}), kind.value: version})
    await uow.audit.note(f"routing.{kind.value}", "agency", uow.actor.agency_id, version=version)
    return _view(PolicyRow(agency_id=uow.actor.agency_id, **row))


async def weights_in_force(uow: UnitOfWork) -> WeightTable:
    """The agency's weights as ranking uses them; without any of its own the table has no row for every lead."""
    agency = await uow.agencies.mine()
    return (await PolicyBook().current(uow, agency.settings)).weights


async def weigh_by(uow: UnitOfWork, weights: Weights, why: str) -> None:
    """Make these the weights of every lead that has no row of its own by line or tier: a new version."""
    table = await weights_in_force(uow)
    body = WeightTable({**table.rows, (None, None): weights}).as_dict()
    await add_version(uow, PolicyKind.WEIGHTS, body, why, None)


def checked(kind: PolicyKind, body: object, roster: AgencyRoster) -> Any:
    """The body as it is kept: producers by id where they were given by the agency's own names for them."""
    resolved = _RESOLVE[kind](body, {name: str(who) for name, who in roster.by_external.items()})
    if kind is PolicyKind.WEIGHTS:
        return WeightTable.from_dict(resolved).as_dict()
    producers = {str(who) for who in roster.profiles}
    if kind is PolicyKind.RULES:
        rules = read_rules(resolved)
        check_rules(rules, producers, {str(one.team_id) for one in roster.profiles.values() if one.team_id})
        return [dict(rule.body) for rule in rules]
    agency, lines = lines_from(resolved)
    faults = Faults()
    for at, strategy in [("agency", agency), *((f"lines.{line.value}", one) for line, one in lines.items())]:
        for who in sorted(map(str, strategy.weights)):
            if who not in producers:
                field = f"strategy.{at}.weights.{who}"
                faults.add(field, "unknown_producer", "is no producer of this agency", "give one of yours", who)
    faults.raise_any("the strategy names producers who are not there")
    return {"agency": agency.as_dict(), "lines": {line.value: one.as_dict() for line, one in lines.items()}}


def _in_rules(body: object, ids: Mapping[str, str]) -> object:
    if not isinstance(body, list):
        return body
    return [
        {**rule, "to": {**rule["to"], "producer.id": _named(rule["to"]["producer.id"], ids)}}
        if isinstance(rule, dict) and isinstance(rule.get("to"), dict) and "producer.id" in rule["to"]
        else rule
        for rule in body
    ]


def _named(value: object, ids: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, list):
        return [_named(one, ids) for one in value]
    return {name: _named(one, ids) for name, one in value.items()} if isinstance(value, dict) else value


def _in_strategy(body: object, ids: Mapping[str, str]) -> object:
    if not isinstance(body, dict):
        return body
    return {
        name: {ids.get(who, who): weight for who, weight in part.items()}
        if name == "weights" and isinstance(part, dict)
        else _in_strategy(part, ids)
        for name, part in body.items()
    }


_RESOLVE: dict[PolicyKind, Callable[[object, Mapping[str, str]], object]] = {
    PolicyKind.WEIGHTS: lambda body, _: body,
    PolicyKind.RULES: _in_rules,
    PolicyKind.STRATEGY: _in_strategy,
}


def _view(row: PolicyRow) -> PolicyView:
    return PolicyView(
        kind=PolicyKind(row.kind),
        version=row.version,
        body=row.body["is"],
        digest=row.digest,
        by=row.by,
        why=row.why,
        at=row.at,
    )


def _shipped(kind: PolicyKind) -> PolicyView:
    body = _SHIPPED[kind]
    return PolicyView(kind=kind, version=0, body=body, digest=digest(body), by="leadwright", why="as shipped", at=None)
