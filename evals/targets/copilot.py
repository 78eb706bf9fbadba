"""The copilot without a language model: its grammar alone, or whole conversations on stores of their own."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import yaml
from langgraph.runtime import RunControl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.copilot_local.answerer import LocalAnswerer, said
from agents.registry import specialists
from domain.access.roles import SCOPES, Role
from domain.actor import Actor, ActorKind
from domain.asking.understanding.grammar import understand
from domain.asking.understanding.meaning import Before, LeadRef, Reading, Setting, Understood
from evals.cases.yaml_text import PlainLoader
from evals.records import Answer, Case, Failure, FailureKind, ToolCall, Variant
from evals.targets.book import AgencyChange, Book, book_beside
from evals.targets.keyed import called, keyed, outcome_of, with_ids
from evals.targets.means import Means
from evals.targets.port import Answering
from evals.targets.specs import read_spec
from graphs.copilot import Conversations
from graphs.runner import LeadRunner
from integrations.llm.gateway import Gateway
from kernel.clock import frozen
from kernel.errors import FieldError, Invalid
from kernel.ids import canonical_json, derived_id, new_id
from kernel.llm_settings import LlmSettings
from kernel.settings import Settings
from services.container import Services
from services.copilot.schemas import TurnView
from services.leads.schemas import LeadIn
from services.opening import open_services

GRAMMAR, LOCAL = "grammar", "local"
ZONE = ZoneInfo("America/Chicago")
ASKED_AT = datetime(2026, 11, 25, 10, 30, tzinfo=ZONE)
MANAGER = "mia"
_AT_ONCE = 20
# Offers are open for the whole of a conversation, and one may be made though the person may not be called yet.
_ASKED_FIRST = {"required": True, "answer_minutes": dict.fromkeys(("hot", "warm", "cool"), 240), "when_no_call": "tell"}


class Turn(BaseModel):
    """An earlier question. ``shows`` are the leads that its answer names, which the grammar alone cannot know."""

    model_config = ConfigDict(extra="forbid")

    ask: str
    shows: list[str] = Field(default_factory=list)


class CopilotCase(BaseModel):
    """Who asks what; ``decide`` confirms every action that is proposed last."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    who: str = Field(alias="as")
    ask: str | None = None
    turns: list[Turn] = Field(default_factory=list)
    decide: bool = False

    @property
    def asked(self) -> list[Turn]:
        """All questions in order."""
        return self.turns or [Turn(ask=self.ask or "")]


@dataclass(frozen=True)
class World:
    """The agency that is asked about. ``text`` is JSON of names and leads, in order; ``book`` makes its producers."""

    book: Book
    text: str

    @property
    def data(self) -> Mapping[str, Any]:
        """``names`` of producers and ``leads`` by key."""
        loaded: Mapping[str, Any] = yaml.safe_load(self.text)
        return loaded


def world_beside(here: str) -> World:
    """The world in ``agency.yaml`` beside a suite's file. Raises Invalid where it is not one."""
    path = Path(here).with_name("agency.yaml")
    data = yaml.load(path.read_text(encoding="utf-8"), PlainLoader)  # noqa: S506 - a safe loader
    told = json.dumps(
        {name: data[name] for name in ("names", "leads", "network") if name in data}, ensure_ascii=False
    )  # leads in the file's order
    return World(book_beside(here), told)


Talking = Callable[[Services, World], "TalkingWay"]


@dataclass(frozen=True)
class CopilotTarget:
    """Variants: ``grammar``, which reads questions and calls nothing, and ``local``, conversations with the real tools.

    ``local`` has one installation in a temporary home: one agency for all that is only asked, and one of its own for each case
    that confirms. The clock stands at ``ASKED_AT``. Leads are told by their keys. ``state`` is what Postgres holds afterwards.
    """

    world: World
    name: str = "copilot"
    keeps: bool = False
    talking: Talking | None = None

    def variant(self, spec: str, means: Means) -> Variant:
        """The arm, with the grammar's version."""
        del means
        read = read_spec(spec, (GRAMMAR, LOCAL))
        if read.version or read.model or read.temperature is not None:
            fault = FieldError("variant", "form", "names a prompt or a model", "write grammar or local", spec)
            raise Invalid("the variant cannot be run", fields=(fault,))
        return Variant(spec, "", "", {"how": read.how, "grammar": LocalAnswerer.version})

    @asynccontextmanager
    async def open(self, means: Means) -> AsyncIterator[Answering]:
        """The target ready to answer; the installation is made when the first conversation needs it."""
        home = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="leadwright-eval-"))
        ways = _Ways(self.world, home, means, self.talking or TalkingWay)
        try:
            yield ways
        finally:
            await ways.close()
            await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)


def read_case(case: Case) -> CopilotCase:
    """The case typed. Raises Invalid naming case and key."""
    try:
        return CopilotCase.model_validate(case.input)
    except ValidationError as problem:
        fields = tuple(
            FieldError(f"case {case.id}: {'.'.join(map(str, one['loc']))}", one["type"], one["msg"])
            for one in problem.errors()[:20]
        )
        raise Invalid("a case cannot be put to the copilot", fields=fields) from None


class _Ways:
    def __init__(self, world: World, home: Path, means: Means, talking: Talking) -> None:
        self._make = talking
        self._alone = GrammarWay(world)
        self._world, self._home, self._means = world, home, means
        self._talking: TalkingWay | None = None
        self._opened: Any = None
        self._one_at_a_time = asyncio.Lock()

    async def answer(self, case: Case, variant: Variant, trial: int) -> Answer:
        if variant.parameters["how"] == GRAMMAR:
            return self._alone.answer(case, variant, trial)
        async with self._one_at_a_time:
            if self._talking is None:
                self._opened = open_services(Settings.model_construct(home=self._home / "home"))
                services = await self._opened.__aenter__()
                silent = Gateway(LlmSettings(), self._means.purse, self._means.purse)
                self._talking = self._make(replace(services, llm=silent), self._world)
            return await self._talking.answer(case, variant, trial)

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.__aexit__(None, None, None)


class GrammarWay:
    """Questions through the grammar alone: calls and arguments, with the leads that a case says were shown before."""

    def __init__(self, world: World) -> None:
        self._data = world.data
        self._colleagues = tuple(self._data["names"].items())
        self.ids = {key: str(derived_id("copilot-eval", key)) for key in self._data["leads"]}

    def answer(self, case: Case, variant: Variant, trial: int) -> Answer:
        """What the last question would call."""
        given = read_case(case)
        began = perf_counter()
        past: list[Before] = []
        for turn in given.asked:
            setting = Setting(
                ASKED_AT, ZONE, self._producers(given.who), given.who != MANAGER, tuple(past), self._colleagues
            )
            asked = with_ids(turn.ask, self.ids)
            reading = understand(asked, setting)
            calls = self._calls(reading)
            last = calls[-1] if calls else None
            shown = tuple(self.ids[one] for one in turn.shows)
            past.append(Before(asked, shown, last.tool if last else None, dict(last.arguments) if last else {}))
        seconds = perf_counter() - began
        keys = {**{one: key for key, one in self.ids.items()}, **called(self._data["names"])}
        output = outcome_of(said(reading)[1])
        return Answer(
            case.id,
            variant.name,
            trial,
            output,
            None,
            seconds,
            source=variant.name,
            calls=tuple(keyed(one, keys) for one in calls),
        )

    def _producers(self, who: str) -> tuple[tuple[str, str], ...]:
        names = self._data["names"]
        return tuple((key, name) for key, name in names.items() if who in {MANAGER, key})

    def _calls(self, reading: Reading) -> list[ToolCall]:
        calls = []
        for step in reading.meaning.steps if isinstance(reading.meaning, Understood) else ():
            arguments = dict(step.arguments)
            if step.lead is not None:
                if step.lead.name is not None:
                    calls.append(ToolCall("find_leads", {"name": step.lead.name}))
                arguments["lead_id"] = self._id_of(step.lead)
            calls.append(ToolCall(step.tool, arguments))
        return calls

    def _id_of(self, ref: LeadRef) -> str:
        if ref.offered is not None:
            open_ = [key for key, one in self._data["leads"].items() if one.get("offered")]
            return self.ids[open_[0]] if len(open_) == 1 else "unknown:offer"
        if ref.id is not None:
            return ref.id
        name = (ref.name or "?").casefold()
        fits = [key for key, one in self._data["leads"].items() if name in one["lead"]["full_name"].casefold()]
        return self.ids[fits[0]] if len(fits) == 1 else f"unknown:{ref.name or ref.earlier}"


class TalkingWay:
    """Conversations on an opened installation that nobody else works."""

    def __init__(self, services: Services, world: World, *, only: Collection[str] | None = None) -> None:
        self.services, self._world, self._data = services, world, world.data
        self._runner = LeadRunner(services, specialists(services))
        self._talk = Conversations(services, LocalAnswerer(), only=only)
        self._shared: Seeded | None = None

    async def answer(self, case: Case, variant: Variant, trial: int) -> Answer:
        """What the last question called, what it proposed, and what Postgres holds after it was decided."""
        given = read_case(case)
        with frozen(ASKED_AT.astimezone(UTC)):
            if given.decide:
                seeded = await self._seed()
            else:
                seeded = self._shared = self._shared or await self._seed()
            actor = seeded.actor(given.who)
            began = perf_counter()
            thread: UUID | None = None
            for turn in given.asked:
                view = await self._talk.ask(actor, thread, with_ids(turn.ask, seeded.ids), str(new_id()))
                thread = view.thread_id
            seconds = perf_counter() - began
            state = await self._decided(seeded, actor, view) if given.decide else None
        if view.answer is None:
            failure = Failure(FailureKind.MODEL, "no_answer", view.failure or view.state)
            return Answer(case.id, variant.name, trial, None, failure, seconds)
        keys = {
            one: key for key, one in [*seeded.ids.items(), *((key, str(one)) for key, one in seeded.producers.items())]
        }
        keys |= called(self._data["names"])
        calls = tuple(keyed(ToolCall(one["tool"], one["arguments"]), keys) for one in view.calls)
        cited = [keys.get(one.id, one.kind) for one in view.answer.citations]
        output = outcome_of(view.answer.written_by.partition("/")[2]) | {
            "text": view.answer.text,
            "cited": cited,
            "struck": len(view.answer.struck),
            "withheld": [one["error"] for one in view.calls if one["error"]],
            "proposed": len(view.actions),
        }
        return Answer(
            case.id, variant.name, trial, output, None, seconds, source=variant.name, calls=calls, state=state
        )

    async def _decided(self, seeded: Seeded, actor: Actor, view: TurnView) -> dict[str, Any]:
        for one in view.actions:
            await self._talk.decide(actor, one.id, word=True, digest=one.digest)
        await self._run()
        return await self.state(seeded, actor)

    async def state(self, seeded: Seeded, actor: Actor) -> dict[str, Any]:
        """What Postgres holds."""
        producers = {one: key for key, one in seeded.producers.items()}
        reminders = (await self.services.assistance.follow_ups.mine(actor)).items
        state = {}
        for key, lead_id in seeded.ids.items():
            lead = await self.services.lead_queries.one(seeded.system, UUID(lead_id))
            state[key] = {
                "status": lead.status, "producer": producers.get(lead.producer_id) if lead.producer_id else None,
                "follow_ups": sum(str(one.lead_id) == lead_id for one in reminders),
            }  # fmt: skip
        return state

    async def _seed(self) -> Seeded:
        """A new agency with the world's producers and leads."""
        services, slug = self.services, f"copilot-{new_id().hex[-12:]}"
        with frozen(ASKED_AT.astimezone(UTC) - timedelta(hours=2)):
            system = await services.agencies.found(slug, slug)
            file = yaml.safe_load(self._world.book.agency(slug, AgencyChange()))
            for one in file["producers"]:
                one["name"] = self._data["names"][one["external_id"]]
            await services.agencies.load(system, canonical_json(file).encode())
            await services.projection.refresh(system)
            async with services.database.begin(system) as uow:
                producers = await uow.agencies.ids_by_external()
            ids = await self._taken(system, offered=False)
            await self._handed(system, ids, producers)
            await services.offers.configure(system, _ASKED_FIRST)
            ids |= await self._taken(system, offered=True)
        seeded = Seeded(system, producers, ids)
        await self.prepare(seeded)
        return seeded

    async def prepare(self, seeded: Seeded) -> None:
        """What a world has besides producers and leads; nothing here."""

    async def _taken(self, system: Actor, *, offered: bool) -> dict[str, str]:
        """The leads to be offered, or all others, received and decided; ids by key. The file's first is the newest."""
        services, ids = self.services, dict[str, str]()
        for minutes, (key, one) in enumerate(self._data["leads"].items()):
            if one.get("offered", False) is not offered:
                continue
            lead = LeadIn(**one["lead"], email=f"{key}@leads.example", source="web")
            with frozen(ASKED_AT.astimezone(UTC) - timedelta(hours=3, minutes=minutes)):
                taken = await services.intake.accept_one(system, lead, key=None)
            ids[key] = str(taken.body["lead_id"])
        await self._run()
        return ids

    async def _run(self) -> None:
        """Work off what waits to be run, as workers would."""
        while runs := await self.services.runs.claim("evals", _AT_ONCE):
            for run in runs:
                await self._runner.execute(run, RunControl())

    async def _handed(self, system: Actor, ids: Mapping[str, str], producers: Mapping[str, UUID]) -> None:
        for key, lead_id in ((one, UUID(ids[one])) for one in ids):
            one = self._data["leads"][key]
            if one["to"] is not None:
                lead = await self.services.lead_queries.one(system, lead_id)
                if lead.producer_id != producers[one["to"]]:
                    await self.services.assignments.assign(system, lead_id, producers[one["to"]], expected=None)
            for verb in one.get("then", ()):
                await self.services.lead_status.change(system, lead_id, verb, reason=None, expected=None)


@dataclass(frozen=True)
class Seeded:
    system: Actor
    producers: Mapping[str, UUID]
    ids: Mapping[str, str]

    def actor(self, who: str) -> Actor:
        if who == MANAGER:
            return replace(self.system, kind=ActorKind.PERSON, subject="person:mia", scopes=SCOPES[Role.MANAGER])
        return replace(
            self.system, kind=ActorKind.PRODUCER, subject=f"person:{who}", producer_id=self.producers[who],
            scopes=SCOPES[Role.PRODUCER],
        )  # fmt: skip
