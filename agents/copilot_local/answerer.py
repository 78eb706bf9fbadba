"""Answers by rules: what the grammar reads becomes tool calls, and what the tools return is told by templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agents.copilot_local.telling import told
from agents.copilot_local.words import say
from domain.actor import Scope
from domain.asking.catalogue import CATALOGUE, Effect
from domain.asking.understanding.grammar import NEAREST, understand
from domain.asking.understanding.meaning import (
    Before,
    LeadRef,
    Missing,
    Offered,
    Reading,
    Refused,
    Setting,
    Social,
    Step,
    Unclear,
    Understood,
)
from kernel.errors import AppError, Forbidden
from services.copilot.schemas import Past
from tools.copilot.answering import Answered, Asked, Emit
from tools.copilot.toolbox import Toolbox

_SAME_NAME = 5
_EXAMPLES = 6


@dataclass(slots=True)
class _Told:
    """What is said so far, and the leads that the steps before found."""

    lines: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    proposed: list[str] = field(default_factory=list)


class LocalAnswerer:
    """Needs no language model and obeys nothing that it reads: a tool's result never becomes a call.

    ``written_by`` names the grammar and how it read the question: ``grammar.2/done``, ``grammar.2/refused/quote``.
    """

    version = "grammar.2"

    async def answer(self, asked: Asked, tools: Toolbox, emit: Emit) -> Answered:
        """The answer. Raises AppError where the tools' limits are passed."""
        del emit  # the words come at once; the conversation shows them
        reading = understand(asked.question, await setting_of(asked, tools))
        meaning, language = reading.meaning, reading.language
        if isinstance(meaning, Understood):
            return await self._done(meaning, language, tools)
        text, kind, suggestions = said(reading)
        understood = not isinstance(meaning, Unclear)
        if isinstance(meaning, Missing) and meaning.choices:
            text += "".join(f"\n{number}. [{one}]" for number, one in enumerate(meaning.choices, 1))
        return Answered(text, f"{self.version}/{kind}", "local", understood, suggestions)

    async def _done(self, meaning: Understood, language: str, tools: Toolbox) -> Answered:
        so_far = _Told()
        for step in meaning.steps:
            await self._step(step, language, tools, so_far)
        lines, instead = so_far.lines, meaning.instead and bool(so_far.proposed)
        if so_far.proposed:
            head = [say(language, "instead")] if instead else []
            lines = [*lines, *head, say(language, "confirm"), *(f"- {one}" for one in so_far.proposed)]
        text = "\n\n".join(lines[:1]) + "".join(f"\n{one}" for one in lines[1:])
        return Answered(text, f"{self.version}/done", "local", instead=instead)

    async def _step(self, step: Step, language: str, tools: Toolbox, so_far: _Told) -> None:
        try:
            arguments = dict(step.arguments)
            if step.lead is not None:
                writes = CATALOGUE[step.tool].effect is Effect.WRITE
                lead_id = await self._lead(step.lead, language, tools, so_far, whole_words=writes)
                if lead_id is None:
                    return
                arguments["lead_id"] = lead_id
            if CATALOGUE[step.tool].effect is Effect.WRITE:
                so_far.proposed.append((await tools.propose(step.tool, arguments)).summary)
                return
            result = await tools.call(step.tool, arguments)
        except Forbidden:
            so_far.lines.append(say(language, "not_open"))
            return
        except AppError as problem:
            so_far.lines.append(say(language, "nothing_done", detail=problem.detail))
            return
        if result.error is not None:
            so_far.lines.append(result.error)
            return
        so_far.found = [one.id for one in result.cites if one.kind == "lead"]
        so_far.lines.append(told(step.tool, result.data, language))

    async def _lead(
        self, ref: LeadRef, language: str, tools: Toolbox, so_far: _Told, *, whole_words: bool
    ) -> str | None:
        """The id of the lead meant, or None after saying why there is none. With ``whole_words`` Ann is not Hannah."""
        if ref.id is not None:
            return ref.id
        if ref.offered is not None:
            return await self._offered(ref.offered, language, tools, so_far)
        if ref.earlier is not None:
            if ref.earlier < len(so_far.found):
                return so_far.found[ref.earlier]
            so_far.lines.append(say(language, "no_earlier"))
            return None
        name = ref.name or ""
        found = await tools.call("find_leads", {"name": name, "limit": _SAME_NAME})
        leads: list[Mapping[str, Any]] = found.data.get("leads", [])
        if whole_words:
            leads = [one for one in leads if _words(name) <= _words(one["name"])]
        exact = [one for one in leads if str(one["name"] or "").casefold() == name.casefold()]
        leads = exact or leads
        if len(leads) == 1:
            return str(leads[0]["id"])
        if found.error is not None:
            so_far.lines.append(found.error)
        elif not leads:
            so_far.lines.append(say(language, "no_lead", name=name))
        else:
            listed = told("find_leads", {"leads": leads, "total": len(leads)}, language)
            so_far.lines += [say(language, "which_lead", name=name), listed]
        return None

    async def _offered(self, wanted: Offered, language: str, tools: Toolbox, so_far: _Told) -> str | None:
        """The lead of the one open offer that is meant, or None after telling which there are."""
        found = await tools.call("open_offers", {"mine": tools.actor.producer_id is not None})
        leads = [one["lead"] for one in found.data.get("offers", [])]
        fits = [
            one for one in leads
            if wanted.line in {None, one["line"]} and wanted.state in {None, one["state"]}
        ]  # fmt: skip
        if wanted.place is not None and -len(fits) <= wanted.place < len(fits):
            fits = [fits[wanted.place]]
        if len(fits) == 1:
            return str(fits[0]["id"])
        so_far.lines.append(found.error or told("open_offers", found.data, language))
        if len(leads) > 1:
            so_far.lines.append(say(language, "which_offer"))
        return None


def _words(name: object) -> set[str]:
    return set(str(name or "").casefold().split())


def said(reading: Reading) -> tuple[str, str, tuple[str, ...]]:
    """What is said where nothing is called: the words, how the question was read, and what could be asked."""
    meaning, language = reading.meaning, reading.language
    match meaning:
        case Refused():
            return say(language, f"refused_{meaning.why.value}"), f"refused/{meaning.why.value}", ()
        case Missing():
            of_offer = meaning.slot == "reason" and meaning.step.tool == "decline_offer"
            return say(language, "ask_reason_offer" if of_offer else f"ask_{meaning.slot}"), f"asks/{meaning.slot}", ()
        case Social():
            examples = NEAREST[language][:_EXAMPLES] if meaning.kind == "help" else ()
            return (
                "\n".join([say(language, meaning.kind), *(f"- {one}" for one in examples)]),
                f"social/{meaning.kind}",
                examples,
            )
        case Unclear():
            lines = [say(language, "unclear")]
            if meaning.partly:
                lines.append(say(language, "partly", partly=", ".join(meaning.partly).replace("_", " ")))
            nearest = meaning.nearest or NEAREST[language][:3]
            lines += [say(language, "nearest"), *(f"- {one}" for one in nearest)]
            return "\n".join(lines), "unclear", nearest
        case _:
            return "", "done", ()


async def setting_of(asked: Asked, tools: Toolbox) -> Setting:
    """Who asks, when, where, and what was said before."""
    actor, services = asked.actor, tools.deps.services
    names: tuple[tuple[str, str], ...] = ()
    colleagues: tuple[tuple[str, str], ...] = ()
    zone: tzinfo | None = None
    async with services.database.begin(actor) as uow:
        zone = _zone((await uow.agencies.mine()).settings.get("time_zone"))
        if Scope.PRODUCERS_READ in actor.scopes:
            rows = await uow.agencies.producers()
            colleagues = tuple((row.external_id, row.name) for row in rows)
            names = tuple(
                (row.external_id, row.name) for row in rows if actor.sees_all_leads or row.id == actor.producer_id
            )
            own = next((row for row in rows if row.id == actor.producer_id), None)
            zone = (_zone(own.profile.get("time_zone")) if own else None) or zone or _usual(rows)
    past = tuple(before_of(one) for one in asked.past)
    return Setting(asked.asked_at, zone or ZoneInfo("UTC"), names, actor.producer_id is not None, past, colleagues)


def before_of(past: Past) -> Before:
    """An earlier turn as the grammar needs it."""
    leads = tuple(one.id for one in past.citations if one.kind == "lead")
    cited: dict[str, tuple[str, ...]] = {}
    for one in past.citations:
        cited[one.kind] = (*cited.get(one.kind, ()), one.id)
    last = past.calls[-1] if past.calls else None
    return Before(past.question, leads, last["tool"] if last else None, dict(last["arguments"]) if last else {}, cited)


def _usual(rows: Sequence[Any]) -> ZoneInfo | None:
    """The zone that most producers are in, for an agency that states none."""
    zones = Counter(row.profile.get("time_zone") for row in rows if row.profile.get("time_zone"))
    return _zone(zones.most_common(1)[0][0]) if zones else None


def _zone(name: object) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
