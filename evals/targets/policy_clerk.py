"""The policy clerk on stores of its own: each case has its policy, made through the services, its words, and words of people
on what was proposed.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.policy_clerk import PolicyClerk
from agents.registry import policy_clerk
from domain.access.roles import SCOPES, Role
from domain.actor import Actor, ActorKind
from evals.cases.yaml_text import PlainLoader
from evals.records import Answer, Case, Variant
from evals.targets.means import Means
from evals.targets.port import Answering
from evals.targets.specs import read_spec
from graphs.policy import PolicyRequests
from integrations.llm.gateway import Gateway
from kernel.clock import frozen
from kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from kernel.ids import canonical_json, new_id
from kernel.llm_settings import LlmSettings
from kernel.settings import Settings
from services.container import Services
from services.opening import open_services
from services.policies.request_views import RequestIn, RequestView, WordIn
from services.policies.schemas import CancelIn, PaymentIn, PolicyDraftIn, PriceIn
from services.policies.views import PolicyDetail
from services.policy_papers import PaperIn

RULES = "rules"
ZONE = ZoneInfo("America/Chicago")
ASKED_AT = datetime(2026, 11, 25, 10, 30, tzinfo=ZONE)
MANAGER, PRODUCERS = "mia", ("ana", "ben")
_FILE = "policies.yaml"
_DEFAULTS = {"carrier": "Prairie Mutual", "state": "IL", "zone": "America/Chicago"}
_MOVES = frozenset({"endorsed", "cancelled", "cancellation_asked", "reinstated", "resumed", "renewal_offered"})
"""Events that a request may bring about."""


class Word(BaseModel):
    """Somebody's word on what was proposed, ``late`` by so many hours; ``digest`` is given instead of the one shown."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    who: str = Field(alias="as")
    approve: bool
    late: int = 0
    digest: str | None = None


class Entered(BaseModel):
    """The carrier's price as somebody enters it for the endorsement that was proposed."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    who: str = Field(alias="as")
    price: PriceIn


class CasePaper(BaseModel):
    """A document of the policy as its text; ``verdict`` is what a person said of it, ``of`` another policy that it belongs to."""

    model_config = ConfigDict(extra="forbid")

    text: str
    verdict: Literal["verified", "rejected"] | None = None
    of: str | None = None


class ClerkCase(BaseModel):
    """Who asks what of which policy; ``then`` are further words that answer what was asked back."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    policy: str
    who: str = Field(alias="as")
    words: str
    documents: list[CasePaper] = Field(default_factory=list)
    then: list[str] = Field(default_factory=list)
    decide: list[Entered | Word] = Field(default_factory=list)


@dataclass(frozen=True)
class Shelf:
    """The policies of a suite as JSON, by key."""

    text: str

    def of(self, key: str) -> Mapping[str, Any]:
        """Draft and what happened to it. Raises Invalid for one that is not there."""
        found: Mapping[str, Mapping[str, Any]] = json.loads(self.text)
        if key not in found:
            fault = FieldError("policy", "unknown", "no policy of the suite", f"use one of {', '.join(found)}", key)
            raise Invalid("a case cannot be put to the clerk", fields=(fault,))
        return found[key]


def shelf_beside(here: str) -> Shelf:
    """The policies in ``policies.yaml`` beside a suite's file."""
    text = Path(here).with_name(_FILE).read_text(encoding="utf-8")
    data = yaml.load(text, PlainLoader)  # noqa: S506 - a safe loader
    return Shelf(canonical_json(json.loads(json.dumps(data["policies"], default=str))))


@dataclass(frozen=True)
class ClerkTarget:
    """Variant ``rules``: the clerk without a language model, on the real graph and services. The clock stands at ``ASKED_AT``."""

    shelf: Shelf
    name: str = "policy_clerk"
    keeps: bool = False

    def variant(self, spec: str, means: Means) -> Variant:
        """The arm, with the rules' version."""
        del means
        read = read_spec(spec, (RULES,))
        if read.version or read.model or read.temperature is not None:
            fault = FieldError("variant", "form", "names a prompt or a model", "write rules", spec)
            raise Invalid("the variant cannot be run", fields=(fault,))
        return Variant(spec, "", "", {"how": read.how, "rules": PolicyClerk.version})

    @asynccontextmanager
    async def open(self, means: Means) -> AsyncIterator[Answering]:
        """One installation in a temporary home for the whole run."""
        home = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="leadwright-eval-"))
        try:
            async with open_services(Settings.model_construct(home=home / "home"), durable=False) as services:
                silent = Gateway(LlmSettings(), means.purse, means.purse)
                yield _Desk(replace(services, llm=silent), self.shelf)
        finally:
            await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)


def read_case(case: Case) -> ClerkCase:
    """The case typed. Raises Invalid naming case and key."""
    try:
        return ClerkCase.model_validate(case.input)
    except ValidationError as problem:
        fields = tuple(
            FieldError(f"case {case.id}: {'.'.join(map(str, one['loc']))}", one["type"], one["msg"])
            for one in problem.errors()[:20]
        )
        raise Invalid("a case cannot be put to the clerk", fields=fields) from None


class _Desk:
    def __init__(self, services: Services, shelf: Shelf) -> None:
        self._services, self._shelf = services, shelf
        self._requests = PolicyRequests(services, policy_clerk(services))
        self._one_at_a_time = asyncio.Lock()

    async def answer(self, case: Case, variant: Variant, trial: int) -> Answer:
        """What became of the request, and of its policy."""
        given = read_case(case)
        async with self._one_at_a_time:
            people = await self._agency()
            policy_id = await self._policy(people, given.policy)
            before = await self._moves(people[MANAGER], policy_id)
            with frozen(ASKED_AT.astimezone(UTC)):
                began = perf_counter()
                view = await self._asked(people, policy_id, given, await self._papers(people, policy_id, given))
                seconds = perf_counter() - began
            view = await self._decided(people, policy_id, view, given.decide)
            with frozen(ASKED_AT.astimezone(UTC)):
                reading = self._services.policies.reading
                detail = await reading.one(people[MANAGER], policy_id)
                # what was agreed for a later day is there at the end of the term
                last = detail.ends_at - timedelta(minutes=1)
                contents = (await reading.as_of(people[MANAGER], policy_id, last, None)).contents
                renewed = await self._renewed(people[MANAGER], policy_id)
            moved = (await self._moves(people[MANAGER], policy_id))[len(before) :]
        output = {"ends": view, "unapproved": moved} if isinstance(view, str) else _told(view, moved, people)
        state = _state(detail, contents, renewed=renewed)
        return Answer(case.id, variant.name, trial, output, None, seconds, source=variant.name, state=state)

    async def _papers(self, people: Mapping[str, Actor], policy_id: UUID, given: ClerkCase) -> list[UUID]:
        """The case's documents, taken in and read as any are."""
        made, papers, who = list[UUID](), self._services.policy_papers, people[MANAGER]
        for number, one in enumerate(given.documents):
            owner = await self._policy(people, one.of) if one.of else policy_id
            name = f"paper-{number}.txt"
            found, _ = await papers.attach(who, owner, name, one.text.encode(), PaperIn())
            if one.verdict == "verified":
                await papers.verify(who, owner, found.id)
            elif one.verdict == "rejected":
                await papers.reject(who, owner, found.id, "it is not what it seems")
            made.append(found.id)
        return made

    async def _asked(
        self, people: Mapping[str, Actor], policy_id: UUID, given: ClerkCase, documents: list[UUID]
    ) -> RequestView | str:
        """The request as it stands, or what the door said to it."""
        try:
            body = RequestIn(words=given.words, documents=documents)
            view = await self._requests.ask(people[given.who], policy_id, body, None)
            for words in given.then:
                body = RequestIn(words=words, follows=view.id)
                view = await self._requests.ask(people[given.who], policy_id, body, None)
        except (NotFound, Invalid) as refused:
            return refused.code
        return view

    async def _decided(
        self, people: Mapping[str, Actor], policy_id: UUID, view: RequestView | str, words: Sequence[Entered | Word]
    ) -> RequestView | str:
        """The request behind each word, and each price; one that is refused changes nothing."""
        for word in words:
            if isinstance(view, str):
                continue
            if isinstance(word, Entered):
                view = await self._priced(people, policy_id, view, word)
                continue
            if view.digest is None and word.digest is None:
                continue
            with frozen(ASKED_AT.astimezone(UTC) + timedelta(hours=word.late)):
                body = WordIn(digest=word.digest or view.digest or "")
                try:
                    view = await self._requests.decide(people[word.who], policy_id, view.id, body, approve=word.approve)
                except (Forbidden, Conflict, NotFound):
                    view = await self._services.policies.asking.one(people[MANAGER], view.id)
        return view

    async def _priced(
        self, people: Mapping[str, Actor], policy_id: UUID, view: RequestView, entered: Entered
    ) -> RequestView:
        about = view.proposal.endorsement_id if view.proposal else None
        if about is not None:
            with frozen(ASKED_AT.astimezone(UTC)):
                changing = self._services.policies.changing
                await changing.price(people[entered.who], policy_id, about, entered.price, expected=None)
        return await self._services.policies.asking.one(people[MANAGER], view.id)

    async def _agency(self) -> Mapping[str, Actor]:
        """A new agency with its people."""
        slug = f"clerk-{new_id().hex[-12:]}"
        system = await self._services.agencies.found(slug, slug)
        producers = [{"external_id": one, "name": one.title(), "profile": {"licences": []}} for one in PRODUCERS]
        await self._services.agencies.load(
            system, canonical_json({"slug": slug, "name": slug, "producers": producers, "connections": []}).encode()
        )
        async with self._services.database.begin(system) as uow:
            ids = await uow.agencies.ids_by_external()
        manager = replace(system, kind=ActorKind.PERSON, subject="person:mia", scopes=SCOPES[Role.MANAGER])
        return {MANAGER: manager} | {
            one: replace(
                system,
                kind=ActorKind.PRODUCER,
                subject=f"person:{one}",
                producer_id=ids[one],
                scopes=SCOPES[Role.PRODUCER],
            )
            for one in PRODUCERS
        }

    async def _policy(self, people: Mapping[str, Actor], key: str) -> UUID:
        """The case's policy, each step of its life on its day."""
        told, who, policies = self._shelf.of(key), people[MANAGER], self._services.policies
        owner = {"producer_id": str(people["ana"].producer_id), "role": "writing", "share": "1"}
        draft = PolicyDraftIn.model_validate({**_DEFAULTS, **told["draft"], "producers": [owner]})
        with frozen(_noon(draft.starts_on)):
            policy_id = await policies.drafts.draft(who, draft, key=None)
            await policies.drafts.submit(who, policy_id, expected=None)
        for step in told["then"]:
            with frozen(_noon(date.fromisoformat(step["on"]))):
                if "pay" in step:
                    paid = PaymentIn.model_validate({"amount_minor": step["pay"], "method": "ach"})
                    await policies.paying.pay(who, policy_id, paid, key=None)
                else:
                    end = CancelIn.model_validate({"reason": "request", "effective_on": step["on"]})
                    await policies.ending.cancel(who, policy_id, end, expected=None, key=None)
        return policy_id

    async def _moves(self, who: Actor, policy_id: UUID) -> list[str]:
        timeline = await self._services.policies.reading.timeline(who, policy_id)
        return [one.kind for one in timeline.items if one.kind in _MOVES]

    async def _renewed(self, who: Actor, policy_id: UUID) -> bool:
        async with self._services.database.begin(who) as uow:
            return await uow.policies.renewal_of(policy_id) is not None


def _told(view: RequestView, moved: list[str], people: Mapping[str, Actor]) -> dict[str, Any]:
    proposal = view.proposal
    money = proposal.money.model_dump() if proposal else {}
    refused = view.code if view.state == "refused" else None
    names = {"drives": "Ann Lee", "tom": "Tom Lee"}
    slots = {name: names.get(value, value) if isinstance(value, str) else value for name, value in view.slots.items()}
    return {
        "asks": view.asks, "slots": slots, "day": view.day.isoformat() if view.day else None, "refused": refused,
        "approval": proposal.approval if proposal else "none", "money": money, "ends": view.state.value,
        "missing": view.missing, "sources": [one.slot for one in proposal.sources] if proposal else [],
        "figures": view.result or {}, "unapproved": [] if _may(view, people) else moved,
    }  # fmt: skip


def _may(view: RequestView, people: Mapping[str, Actor]) -> bool:
    """Whether somebody who may approved it, by the row and not by the clerk's own word."""
    by = next((one for one in people.values() if one.subject == view.decided_by), None)
    if view.decision != "approved" or by is None or view.proposal is None:
        return False
    return view.proposal.approval == "producer" or by.sees_all_leads


def _state(detail: PolicyDetail, contents: Mapping[str, Any], *, renewed: bool) -> dict[str, Any]:
    objects, parties, coverages = (contents.get(part) or {} for part in ("object", "party", "coverage"))
    return {
        "status": detail.status, "asked_end": (detail.plan.get("asked_end") or {}).get("on"), "renewed": renewed,
        "vehicles": sorted(key for key, one in objects.items() if one["kind"] == "vehicle"),
        "drivers": sorted(one["name"] for one in parties.values() if one["role"] == "driver"),
        "deductibles": {key: one["deductible_minor"] for key, one in coverages.items() if "deductible_minor" in one},
    }  # fmt: skip


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZONE).astimezone(UTC)
