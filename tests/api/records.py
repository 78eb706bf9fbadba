"""Records for the parameters of any path, so that a route can be tried whatever it is about."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from agents.registry import policy_clerk
from domain.access.roles import Role
from domain.actor import Actor
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from domain.messages.kinds import Channel
from domain.network.connections import Kind
from domain.routing.weights import DEFAULT_WEIGHTS
from graphs.policy import PolicyRequests
from kernel.clock import frozen, now
from kernel.ids import digest, new_id
from services.access.schemas import KeyIn, PersonIn
from services.chat.schemas import MessageIn
from services.chat.visitors import Visitor
from services.commissions.money_schemas import BankIn, CarrierStatementIn, FileIn, RunIn
from services.commissions.plan_schemas import PlanIn
from services.commissions.promotion_schemas import PromotionIn
from services.commissions.schemas import AccrualIn, AccrualView, HoldIn, RecordChangeIn
from services.commissions.sharing_schemas import RevenueTermsIn, ShareRevenueIn
from services.container import Services
from services.copilot.schemas import AnswerView, Outcome, Proposed
from services.messages.schemas import DeviceIn
from services.network.schemas import ConnectionIn
from services.network.support_schemas import SupportIn
from services.network.team_schemas import InvitationIn, TeamIn
from services.policies.request_views import RequestIn
from services.policies.schemas import EndorsementIn, NoticeIn, PaymentIn
from services.policy_papers import PaperIn
from services.routing.schemas import PolicyKind
from store.sql.models import AssignmentRow
from store.sql.repositories.runs import run_of
from tests.api.sources import SourceMaker
from tests.services.policies.book import a_policy, glass

Ids = dict[str, str]


def a_device() -> dict[str, Any]:
    """A push subscription as a browser gives it, with the keys of RFC 8291's example."""
    point = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    keys = {"p256dh": point, "auth": "BTBZMqHH6r4Tts7J_aSIgg"}
    return {"endpoint": f"https://push.example.net/{new_id()}", "keys": keys, "expirationTime": None}


async def a_commission(services: Services, actor: Actor) -> AccrualView:
    """A commission of a policy that nobody sold before, of the agency's first producer, under a plan made for it."""
    basis = {"kind": "percent", "rate": "0.1"}
    plan = {
        "rates": [{"match": {}, "basis": basis, "house": "0.4"}],
        "contracts": [{"match": {}, "clause": {"kind": "return_premium"}}],
    }
    given = PlanIn.model_validate({"effective_on": "2020-01-01", "why": "a test", "plan": plan})
    await services.commissions.plans.put(actor, given)
    async with services.database.begin(actor) as uow:
        producer_id = min((await uow.agencies.ids_by_external()).values())
    sale = AccrualIn.model_validate({
        "source": f"policy:{new_id()}", "premium_minor": 100_000, "parties": [{"producer_id": producer_id}],
        "policy": {
            "number": f"HO-{new_id().hex}", "carrier": "Acme", "line": "home", "state": "FL",
            "effective_at": "2026-02-01T00:01:00-05:00",
        },
    })  # fmt: skip
    return (await services.commissions.accruals.accrue(actor, sale)).accrual


class Records:
    """Called with a path, it makes what its parameters name; one that nobody knows how to make fails the test."""

    def __init__(
        self, services: Services, actor: Actor, client: httpx.AsyncClient, signed: dict[str, str],
        send_lead: Callable[..., Awaitable[str]], make_source: SourceMaker,
    ) -> None:  # fmt: skip
        self._services = services
        self._actor = actor
        self._client = client
        self._signed = signed
        self._send_lead = send_lead
        self._make_source = make_source

    async def __call__(self, path: str) -> Ids:
        wanted = set(re.findall(r"\{(\w+)\}", path))
        ids: Ids = {}
        for names, make in (
            ({"policy_id", "notice_id", "endorsement_id", "payment_id"}, self._policy),
            ({"request_id"}, self._request),
            *(() if "{policy_id}" in path else (({"lead_id", "document_id", "receipt_id"}, self._lead),)),
            ({"document_id"}, self._document),
            ({"receipt_id"}, self._receipt), ({"person_id"}, self._person), ({"key_id"}, self._key),
            ({"source_id", "secret_id"}, self._source), ({"agency", "source"}, self._door), ({"import_id"}, self._import),
            ({"offer_id"}, self._offer),
            ({"experiment_id"}, self._experiment), ({"digest"}, self._words), ({"subscription_id"}, self._subscription),
            ({"template"}, self._template), ({"proposal_id"}, self._proposal),
            ({"thread_id", "turn_id", "action_id"}, self._turn), ({"follow_up_id"}, self._follow_up),
            ({"chat_id"}, self._chat),
            ({"version"}, self._rules), ({"connection_id"}, self._connection), ({"referral_id"}, self._referral),
            ({"team_id"}, self._team), ({"invitation_id"}, self._invitation),
            *(() if "{team_id}" in path else (({"producer_id", "push_id"}, self._producer),)),
            ({"accrual_id", "hold_id"}, self._commission),
            ({"change_id"}, self._record_change), ({"payout_id"}, self._payout),
            ({"file_number"}, self._payout_file), ({"month"}, self._month),
            ({"statement_id", "line_id"}, self._carrier_statement), ({"message_id"}, self._message),
            ({"event_id"}, self._earning), ({"share_id"}, self._share), ({"promotion_id"}, self._promotion),
            ({"support_id"}, self._support),
        ):  # fmt: skip
            if wanted & names:
                ids |= await make(path, ids)
        assert wanted <= set(ids), f"say here how to make {wanted - set(ids)}"
        return ids

    async def _connection(self, _path: str, _ids: Ids) -> Ids:
        one, other = await self._two()
        asked = ConnectionIn(from_id=one, to_id=other, kind=Kind.PARTNERSHIP)
        return {"connection_id": str((await self._services.brokers.connecting.ask(self._actor, asked)).id)}

    async def _referral(self, _path: str, _ids: Ids) -> Ids:
        (one, other), moment = await self._two(), now()
        referral_id, lead_id = new_id(), UUID(await self._send_lead())
        async with self._services.database.begin(self._actor) as uow:
            await uow.referrals.add({
                "id": referral_id, "lead_id": lead_id, "from_id": one, "to_id": other, "key": f"test:{referral_id}",
                "state": "pending", "searching": False, "matched": {}, "from_people": [], "to_people": [],
                "referred_people": [], "created_at": moment, "expires_at": moment + timedelta(days=1),
            })  # fmt: skip
        return {"referral_id": str(referral_id)}

    async def _team(self, _path: str, _ids: Ids) -> Ids:
        leader, _ = await self._two()
        made = await self._services.brokers.teaming.found(self._actor, TeamIn(name=f"t{new_id()}", leader_id=leader))
        return {"team_id": str(made.id), "producer_id": str(leader)}

    async def _invitation(self, path: str, ids: Ids) -> Ids:
        team = ids if "team_id" in ids else await self._team(path, ids)
        _, other = await self._two()
        invited = await self._services.brokers.teaming.invite(
            self._actor, UUID(team["team_id"]), InvitationIn(producer_id=other)
        )
        return {"invitation_id": str(invited.id)}

    async def _support(self, path: str, _ids: Ids) -> Ids:
        """A request for help, in the state from which the path's step goes on."""
        supporting, (one, _) = self._services.brokers.supporting, await self._two()
        asked = SupportIn(subject="A licence", words="How do I renew it?", producer_id=one)
        made = await supporting.ask(self._actor, asked)
        if path.endswith(("/answer", "/close")):
            async with self._services.database.begin(self._actor) as uow:
                row = await uow.support.one(made.id, held=True)
                await uow.support.change(row, state="taken", taken_at=now(), taken_by="person:test")
        if path.endswith("/close"):
            await supporting.answer(self._actor, made.id, "In the portal.", expected=None)
        return {"support_id": str(made.id)}

    async def _two(self) -> tuple[UUID, UUID]:
        async with self._services.database.begin(self._actor) as uow:
            one, other = sorted((await uow.agencies.ids_by_external()).values())[:2]
        return one, other

    async def _lead(self, path: str, _ids: Ids) -> Ids:
        if path.endswith("/chat"):
            return {"lead_id": await self._chatted()}
        return {"lead_id": await self._send_lead()}

    async def _chat(self, _path: str, _ids: Ids) -> Ids:
        source, chats = await self._make_source("chat"), self._services.chats
        begun = await chats.begin(await chats.speaker(source.agency, source.slug, None), None, None)
        return {"chat_id": str(begun.id)}

    async def _earning(self, path: str, ids: Ids) -> Ids:
        """An event that is held: there is no plan, or nobody of record."""
        await self._policy(path, ids)
        while await self._services.earning.work():
            pass
        held = await self._services.earning.page(self._actor, ["held"], limit=200)
        return {"event_id": str(held.items[-1].event_id)}

    async def _policy(self, _path: str, _ids: Ids) -> Ids:
        """In force, with an endorsement, a payment on its way and a notice; of a state where the notice has a rule."""
        policies, actor = self._services.policies, self._actor
        body = a_policy(frequency="monthly", starts_on=now().date() - timedelta(days=40))
        policy_id = await policies.drafts.draft(actor, body, key=None)
        await policies.drafts.submit(actor, policy_id, expected=None, backdating="bound by telephone")
        paid = PaymentIn(amount_minor=10_000, method="ach")
        await policies.paying.pay(actor, policy_id, paid, key=None)
        waits = paid.model_copy(update={"settled": False})
        payment_id = await policies.paying.pay(actor, policy_id, waits, key=None)
        change = {"effective_on": now().date() + timedelta(days=5), "operations": [glass(5_000)]}
        quoted = EndorsementIn.model_validate(change)
        endorsement_id = await policies.changing.quote(actor, policy_id, quoted, expected=None, key=None)
        notice = NoticeIn.model_validate({
            "action": "cancellation", "reason": "nonpayment", "sent": "mail_with_proof",
            "mailed_on": now().date() - timedelta(days=1), "effective_on": now().date() + timedelta(days=20),
            "proof": "PS 3817",
        })  # fmt: skip
        notice_id = await policies.ending.give_notice(actor, policy_id, notice, expected=None, key=None)
        made = {
            "policy_id": policy_id, "payment_id": payment_id, "endorsement_id": endorsement_id, "notice_id": notice_id,
        }  # fmt: skip
        return {name: str(one) for name, one in made.items()}

    async def _request(self, _path: str, ids: Ids) -> Ids:
        """A request that waits for a word."""
        asking, policy_id = self._services.policies.asking, UUID(ids["policy_id"])
        clerk = PolicyRequests(self._services, policy_clerk(self._services))
        words = RequestIn(words=f"cancel from {now().date() + timedelta(days=30)}")
        made = await clerk.ask(self._actor, policy_id, words, None)
        assert (await asking.one(self._actor, made.id)).state == "waiting", made.answer
        return {"request_id": str(made.id)}

    async def _chatted(self) -> str:
        """A lead that came from a chat."""
        source = await self._make_source("chat")
        chats = self._services.chats
        begun = await chats.begin(await chats.speaker(source.agency, source.slug, None), None, None)
        words = ("renters", "10001", "rent", "none", "yes", "Ana Ruiz", "512-555-0142", "skip", "yes")
        for said in words:
            await chats.send(Visitor(begun.token), begun.id, MessageIn(text=said))
        async with self._services.database.begin(self._actor) as uow:
            found = await uow.session.scalar(text("SELECT lead_id FROM chat WHERE id = :id"), {"id": begun.id})
        return str(found)

    async def _document(self, _path: str, ids: Ids) -> Ids:
        note = ("note.txt", b"Name: Ana Ruiz")
        if "policy_id" in ids:
            policy_id = UUID(ids["policy_id"])
            paper, _ = await self._services.policy_papers.attach(self._actor, policy_id, *note, PaperIn())
            return {"document_id": str(paper.id)}
        made, _ = await self._services.documents.add(self._actor, UUID(ids["lead_id"]), *note)
        return {"document_id": str(made.id)}

    async def _experiment(self, _path: str, _ids: Ids) -> Ids:
        async with self._services.database.begin(self._actor) as uow:
            experiment_id, moment = new_id(), now()
            await uow.experiments.add({
                "id": experiment_id, "name": f"e{experiment_id.hex}", "agent": f"a{experiment_id.hex}", "success": "converted",
                "arms": {"1": "0.5", "2": "0.5"}, "settings": {"matters": 0.02, "days": 30.0, "tolerated": 0.05},
                "state": "stopped", "reason": "made for a test", "started_at": moment, "ended_at": moment,
            })  # fmt: skip
        return {"experiment_id": str(experiment_id)}

    async def _proposal(self, _path: str, _ids: Ids) -> Ids:
        proposal_id, moment = new_id(), now()
        async with self._services.database.begin(self._actor) as uow:
            weights = DEFAULT_WEIGHTS.as_dict()
            await uow.trials.add({
                "id": proposal_id, "version": 1, "state": "proposed", "digest": proposal_id.hex, "present": weights,
                "weights": weights, "worked": 500, "data_since": moment, "data_until": moment, "estimate": {},
                "diagnostics": {}, "created_at": moment, "created_by": "system:test", "decided_at": None,
                "decided_by": None, "note": None,
            })  # fmt: skip
        return {"proposal_id": str(proposal_id)}

    async def _rules(self, path: str, _ids: Ids) -> Ids:
        """A version of weights, rules or strategy that the other agency has not."""
        policies, kind = self._services.distribution, PolicyKind(path.split("/")[4])
        body = (await policies.in_force(self._actor, kind)).body
        for _ in range(3):
            made = await policies.put(self._actor, kind, body, "made for a test", expected=None)
        return {"version": str(made.version)}

    async def _producer(self, _path: str, _ids: Ids) -> Ids:
        async with self._services.database.begin(self._actor) as uow:
            producer_id = min((await uow.agencies.ids_by_external()).values())
        device = DeviceIn.model_validate(a_device())
        made = await self._services.messages.producers.register(self._actor, producer_id, device)
        return {"producer_id": str(producer_id), "push_id": str(made.id)}

    async def _commission(self, _path: str, _ids: Ids) -> Ids:
        made = await a_commission(self._services, self._actor)
        hold = await self._services.commissions.arrangements.hold(
            self._actor, HoldIn(accrual_id=made.id, reason="a test")
        )
        return {"accrual_id": str(made.id), "hold_id": str(hold.id)}

    async def _promotion(self, _path: str, _ids: Ids) -> Ids:
        given = PromotionIn(name="Spring", begins_on=date(2026, 1, 1), ends_on=date(2190, 1, 1), bonus_minor=5_000)
        return {"promotion_id": str((await self._services.commissions.promotions.add(self._actor, given)).id)}

    async def _share(self, _path: str, _ids: Ids) -> Ids:
        """Of the month before this one, in which the house earned and somebody in diamond may be paid."""
        today = now()
        before = today.replace(day=1) - timedelta(days=2)
        await self._services.commissions.sharing.put(
            self._actor, RevenueTermsIn(effective_on=date(2020, 1, 1), basis_points=1_000, why="a test")
        )
        with frozen(before):
            await a_commission(self._services, self._actor)
            async with self._services.database.begin(self._actor) as uow:
                producer_id = min((await uow.agencies.ids_by_external()).values())
                tier = {"producer_id": str(producer_id), "score": "1", "tier": "diamond", "connected": 0, "parts": {}}
                await uow.effects.save([tier], before)
        given = ShareRevenueIn(month=f"{before:%Y-%m}")
        return {"share_id": str((await self._services.commissions.sharing.share(self._actor, given)).items[0].id)}

    async def _record_change(self, _path: str, _ids: Ids) -> Ids:
        async with self._services.database.begin(self._actor) as uow:
            before, after, *_ = (await uow.agencies.ids_by_external()).values()
        given = RecordChangeIn(
            policy_number=f"HO-{new_id().hex}", carrier="Acme", before_id=before, after_id=after,
            effective_on=date(2026, 3, 1), received_on=date(2026, 2, 1),
        )  # fmt: skip
        made = await self._services.commissions.arrangements.change_record(self._actor, given)
        return {"change_id": str(made.id)}

    async def _payout(self, _path: str, _ids: Ids) -> Ids:
        made = await a_commission(self._services, self._actor)
        await self._services.commissions.accruals.release(self._actor, made.id)
        run = await self._services.commissions.payouts.run(self._actor, RunIn(run=new_id().hex))
        return {"payout_id": str(run.made[0].id)}

    async def _payout_file(self, _path: str, _ids: Ids) -> Ids:
        made = await a_commission(self._services, self._actor)
        await self._services.commissions.accruals.release(self._actor, made.id)
        run = RunIn(run=new_id().hex)
        (payout,) = (await self._services.commissions.payouts.run(self._actor, run)).made
        bank = BankIn(routing="021000021", account="00012345")
        await self._services.commissions.payouts.save_bank(self._actor, payout.payee_id, bank)
        given = FileIn(run=run.run, pay_on=date(2026, 3, 2))
        return {"file_number": str((await self._services.commissions.payout_files.write(self._actor, given)).number)}

    async def _month(self, _path: str, _ids: Ids) -> Ids:
        return {"month": f"{now():%Y-%m}"}

    async def _carrier_statement(self, _path: str, _ids: Ids) -> Ids:
        rows = [{"policy": "HO-1", "effective": "2026-02-01", "commission": "12.50"}]
        given = CarrierStatementIn(carrier="Acme", number=new_id().hex, received_on=date(2026, 3, 1), rows=rows)
        made = await self._services.commissions.carriers.take(self._actor, given)
        return {"statement_id": str(made.id), "line_id": str(made.lines[0].id)}

    async def _turn(self, _path: str, _ids: Ids) -> Ids:
        turns, actor = self._services.assistance.turns, self._actor
        begun = await turns.begin(actor, None, "remind me", f"test:{new_id()}")
        lead_id = await self._send_lead()
        asked = Proposed("schedule_follow_up", {"lead_id": lead_id}, "Remind you.")
        view = AnswerView(text="Please confirm.", citations=[], written_by="test")
        done = await turns.end(actor, begun, Outcome("answered", view, proposed=(asked,)), last=0)
        assert done is not None
        return {"thread_id": str(done.thread_id), "turn_id": str(done.id), "action_id": str(done.actions[0].id)}

    async def _follow_up(self, _path: str, _ids: Ids) -> Ids:
        lead_id, at = UUID(await self._send_lead()), now() + timedelta(days=1)
        made = await self._services.assistance.follow_ups.schedule(
            self._actor, lead_id, at, None, key=f"test:{new_id()}"
        )
        return {"follow_up_id": str(made.id)}

    async def _template(self, _path: str, _ids: Ids) -> Ids:
        return {"template": (await self._services.messages.templates.all(self._actor)).items[0].name}

    async def _message(self, _path: str, _ids: Ids) -> Ids:
        tried = await self._services.messages.ledger.try_out(self._actor, "me@agency.example", Channel.EMAIL, None)
        return {"message_id": str(tried)}

    async def _receipt(self, _path: str, ids: Ids) -> Ids:
        lead_id = UUID(ids["lead_id"])
        run_id, _ = run_of(lead_id, "lead", 0)
        claimed = await self._services.assignments.claim(self._actor, run_id, lead_id, "a person must look")
        return {"receipt_id": str(claimed.receipt_id)}

    async def _offer(self, _path: str, _ids: Ids) -> Ids:
        lead_id = UUID(await self._send_lead())
        await self._services.lead_status.queue(self._actor, lead_id, f"test:{new_id()}", "a test needs a person")
        async with self._services.database.begin(self._actor) as uow:
            producer = (await uow.agencies.producers())[0]
            offer_id, moment = new_id(), now()
            offer = {
                "id": offer_id, "agency_id": self._actor.agency_id, "lead_id": lead_id, "producer_id": producer.id,
                "key": "test", "assigned_at": moment, "by": "test", "version": 1, "state": "offered",
                "due_at": moment + timedelta(hours=1),
            }  # fmt: skip
            data = {"offer_id": str(offer_id), "producer_id": str(producer.id), "due_at": moment.isoformat()}
            event = LeadEvent(Happening.OFFERED, moment, data)
            await uow.history.append(lead_id, "test:offer", event, also={AssignmentRow: [offer]})
        return {"offer_id": str(offer_id)}

    async def _person(self, _path: str, _ids: Ids) -> Ids:
        person = PersonIn(email=f"ana.{new_id().hex[-12:]}@agency.example", name="Ana", role=Role.ADMIN)
        return {"person_id": str((await self._services.access.people.add(self._actor, person)).id)}

    async def _key(self, _path: str, _ids: Ids) -> Ids:
        return {"key_id": str((await self._services.access.keys.make(self._actor, KeyIn(name="s", source="s"))).id)}

    async def _source(self, _path: str, _ids: Ids) -> Ids:
        source = await self._make_source("webhook")
        return {"source_id": source.id, "secret_id": source.secret_id}

    async def _door(self, path: str, _ids: Ids) -> Ids:
        door = "webhook" if "/messages/in/" in path else path.rsplit("/", 1)[1]
        source = await self._make_source("ping_post" if door in {"ping", "post"} else door)
        return {"agency": source.agency, "source": source.slug}

    async def _import(self, _path: str, _ids: Ids) -> Ids:
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            place = Path(file.name)
            await asyncio.to_thread(place.write_text, f"Name,Email\nAna,ana.{new_id().hex}@example.com\n")
            return {"import_id": str((await self._services.imports.take(self._actor, "leads.csv", place)).id)}

    async def _words(self, _path: str, _ids: Ids) -> Ids:
        words = f"You may call me. {new_id()}"
        await self._send_lead(consent={"text": words, "at": "2026-01-01T00:00:00Z"})
        return {"digest": digest(words)}

    async def _subscription(self, _path: str, _ids: Ids) -> Ids:
        body = {"url": "https://hooks.example.com/leads", "kinds": ["won"]}
        made = await self._client.post("/api/v1/subscriptions", json=body, headers=self._signed)
        return {"subscription_id": made.json()["subscription"]["id"]}
