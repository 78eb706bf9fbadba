"""The referral broker without a language model, in a world with ties, exchanges and open referrals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor
from domain.asking.catalogue import BROKER, CATALOGUE, Area
from domain.network.connections import Kind, Step
from domain.network.exchange import Cell, Counted, month_of
from evals.targets.copilot import ASKED_AT, CopilotTarget, Seeded, TalkingWay, World
from kernel.clock import frozen
from kernel.ids import new_id
from services.commissions.plan_schemas import PlanIn
from services.commissions.schemas import AccrualIn
from services.container import Services
from services.network.referral_schemas import ReferralIn
from services.network.reminding import MESSAGE
from services.network.schemas import ConnectionIn
from services.network.team_schemas import InvitationIn, TeamIn

_ASKS = BROKER | {name for name, one in CATALOGUE.items() if one.area is Area.COMMISSIONS} | {"lookup"}
"""The broker's own tools, and the copilot's questions on commissions, which are graded here beside them."""
_PLAN = {
    "rates": [{"match": {}, "basis": {"kind": "percent", "rate": "0.1"}, "house": "0.4"}],
    "contracts": [{"match": {}, "clause": {"kind": "return_premium"}}],
}  # fmt: skip


def broker_target(world: World) -> CopilotTarget:
    """The copilot's target with the broker's tools, in a world with a network."""
    return CopilotTarget(world, name="referral_broker", talking=NetworkTalk)


class NetworkTalk(TalkingWay):
    """``state`` is leads, the newest referral of each, connections, open invitations, who is in which team, and who was
    reminded.
    """

    def __init__(self, services: Services, world: World) -> None:
        super().__init__(services, world, only=_ASKS)
        self._network: Mapping[str, Any] = world.data["network"]

    async def prepare(self, seeded: Seeded) -> None:
        """Connections, exchanges, teams, commissions and open referrals, each entered when it is said to have been."""
        for one in self._network["connections"]:
            await self._connect(seeded, one)
        await self._exchanged(seeded)
        with frozen(ASKED_AT.astimezone(UTC)):
            for one in self._network["teams"]:
                await self._team(seeded, one)
            await self._commissions(seeded)
            for one in self._network["referrals"]:
                await self._refer(seeded, one)

    async def _connect(self, seeded: Seeded, one: Mapping[str, Any]) -> None:
        connecting = self.services.brokers.connecting
        with frozen(datetime.fromisoformat(one["recorded"]).astimezone(UTC)):
            given = ConnectionIn(to_id=seeded.producers[one["with"]], kind=Kind(one["kind"]))
            asked = await connecting.ask(seeded.actor(one["of"]), given)
            if "since" in one:
                since = datetime.fromisoformat(one["since"])
                await connecting.answer(seeded.actor(one["with"]), asked.id, Step.ACCEPT, since, expected=None)

    async def _exchanged(self, seeded: Seeded) -> None:
        cells: dict[Cell, int] = {}
        for one in self._network["exchanges"]:
            month = month_of(ASKED_AT) - one["months"]
            ends = seeded.producers[one["from"]], seeded.producers[one["to"]]
            cells |= {Cell(*ends, month, what): one[what.value] for what in Counted if what.value in one}
        async with self.services.database.begin(seeded.system) as uow:
            await uow.referrals.count(cells)

    async def _team(self, seeded: Seeded, one: Mapping[str, Any]) -> None:
        teaming = self.services.brokers.teaming
        leader = seeded.actor(one["leader"])
        team = await teaming.found(leader, TeamIn(name=one["name"], leader_id=None))
        for key in one["members"]:
            made = await teaming.invite(leader, team.id, InvitationIn(producer_id=seeded.producers[key]))
            await teaming.answer(seeded.actor(key), made.id, accept=True)
        for key in one.get("invited", ()):
            await teaming.invite(leader, team.id, InvitationIn(producer_id=seeded.producers[key]))

    async def _commissions(self, seeded: Seeded) -> None:
        commissions = self.services.commissions
        await commissions.plans.put(
            seeded.system, PlanIn.model_validate({"effective_on": "2020-01-01", "why": "an eval", "plan": _PLAN})
        )
        for one in self._network["commissions"]:
            sale = {
                "source": f"policy:{new_id()}", "premium_minor": one["premium_minor"],
                "parties": [{"producer_id": seeded.producers[one["producer"]]}],
                "policy": {
                    "number": one["number"], "carrier": "Acme", "line": one["line"], "state": one["state"],
                    "effective_at": "2026-10-01T00:01:00-05:00",
                },
            }  # fmt: skip
            await commissions.accruals.accrue(seeded.system, AccrualIn.model_validate(sale))

    async def _refer(self, seeded: Seeded, one: Mapping[str, Any]) -> None:
        lead = await self.services.lead_queries.one(seeded.system, UUID(seeded.ids[one["lead"]]))
        given = ReferralIn(
            lead_id=lead.id, to_id=seeded.producers[one["to"]], from_id=None, note=one.get("note"),
            expires_at=datetime.fromisoformat(one["expires"]),
        )  # fmt: skip
        keys = {who: key for key, who in seeded.producers.items()}
        assert lead.producer_id is not None, "the file gives the lead to somebody"
        await self.services.brokers.referring.refer(seeded.actor(keys[lead.producer_id]), given)

    async def state(self, seeded: Seeded, actor: Actor) -> dict[str, Any]:
        """What Postgres holds, read as the system."""
        del actor
        keys = {who: key for key, who in seeded.producers.items()}
        brokers, system = self.services.brokers, seeded.system
        leads, referrals = {}, {}
        for key, lead_id in seeded.ids.items():
            lead = await self.services.lead_queries.one(system, UUID(lead_id))
            leads[key] = {"status": lead.status, "producer": keys.get(lead.producer_id) if lead.producer_id else None}
            found = (await brokers.referrals.page(system, (), None, lead.id, None, 1)).items
            referrals[key] = {"state": found[0].state.value, "to": keys[found[0].to_id]} if found else None
        ties = (await brokers.connecting.page(system, None, (), None, 100)).items
        invited = (await brokers.teaming.invitations(system)).items
        sent = (await self.services.messages.ledger.page(system, limit=100)).items
        return {
            "leads": leads, "referrals": referrals,
            "connections": {"/".join(sorted((keys[one.from_id], keys[one.to_id]))): one.state.value for one in ties},
            "invited": {keys[one.producer_id]: one.state.value for one in invited},
            "teams": {
                line.name: sorted(keys[one.producer_id] for one in (await brokers.teaming.one(system, line.id)).members)
                for line in (await brokers.teaming.page(system, None, 100)).items
            },
            "reminded": sorted({keys[one.producer_id] for one in sent if one.template == MESSAGE and one.producer_id}),
        }  # fmt: skip
