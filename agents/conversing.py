"""Who answers people with tools: a language model over those that are open, where there is one, else rules on this machine."""

from __future__ import annotations

import re

import structlog

from agents.language_models import Bounds, Conversed, LanguageModels, NoAnswer
from domain.actor import ActorKind
from domain.asking.catalogue import Effect
from kernel.copilot_settings import CopilotSettings
from kernel.errors import AppError
from prompts.prompt import Part
from prompts.registry import Library
from tools.copilot.answering import Answered, Answerer, Asked, Emit
from tools.copilot.citing import struck
from tools.copilot.toolbox import Toolbox

_MAYBE_ID = re.compile(r"[0-9A-Fa-f-]{1,36}$")
_LONGEST_PAST = 2_000
_WHO = {ActorKind.PRODUCER: "producer", ActorKind.PERSON: "person of the agency"}
_CONFIRM = "Please confirm:"
_NOTHING_DONE = "Nothing was done:"
_log = structlog.get_logger("leadwright.agents.conversing")


class Conversant:
    """Asks a language model; where there is none, or it is of no use before it has said a word, rules answer.

    ``name`` names the prompt. Which tools there are is the conversation's.
    """

    name: str

    def __init__(self, models: LanguageModels, prompts: Library, local: Answerer, settings: CopilotSettings) -> None:
        self._models = models
        self._prompts = prompts
        self._local = local
        self._bounds = Bounds(
            settings.requests, settings.tool_calls, settings.tokens, int(settings.cost_usd * 1_000_000)
        )

    async def answer(self, asked: Asked, tools: Toolbox, emit: Emit) -> Answered:
        """The answer. Raises AppError where the model fails in the middle of its words."""
        if not self._models.configured:
            return await self._local.answer(asked, tools, emit)
        speaker = _Speaker(tools, emit)
        tools.obeys = True
        try:
            return await self._asked(asked, tools, speaker)
        except NoAnswer as failed:
            _log.warning("answered without its model", agent=self.name, problem=failed.problem.code)
            if speaker.said:
                raise failed.problem from failed
            tools.obeys, tools.tainted = False, False
            told = await self._local.answer(asked, tools, emit)
            note = f"The language model does not answer ({failed.problem.title.lower()}); rules did."
            return Answered(
                f"{told.text}\n\n{note}", told.written_by, told.source, told.understood, told.suggestions, failed.cost
            )

    async def _asked(self, asked: Asked, tools: Toolbox, speaker: _Speaker) -> Answered:
        from agents.catalogue_tools import CatalogueTools  # noqa: PLC0415 - of a library that only models need

        prompt = self._prompts.load(self.name, unit=asked.begun.thread_id).render(
            who=_WHO.get(asked.actor.kind, "program"), now=f"{asked.asked_at:%A %Y-%m-%d %H:%M %Z}",
            may_write=any(one.effect is Effect.WRITE for one in tools.entries), question=asked.question, past=_past(asked),
        )  # fmt: skip
        done = await self._models.converse(
            asked.actor.agency_id, prompt, CatalogueTools(tools, prompt.nonce), self._bounds, speaker.heard,
            asked.begun.turn_id,
        )  # fmt: skip
        await speaker.finish()
        text = done.text or await _proposals(done, tools)
        return Answered(text, prompt.read_by(done.model), "llm", cost=done.cost)


class _Speaker:
    """Hands words on as they come, but for the end that may yet become an id: an id is shown when it is known."""

    def __init__(self, tools: Toolbox, emit: Emit) -> None:
        self._tools = tools
        self._emit = emit
        self._waiting = ""
        self.said = False

    async def heard(self, words: str) -> None:
        self._waiting += words
        tail = _MAYBE_ID.search(self._waiting)
        cut = tail.start() if tail else len(self._waiting)
        ready, self._waiting = self._waiting[:cut], self._waiting[cut:]
        await self._say(ready)

    async def finish(self) -> None:
        ready, self._waiting = self._waiting, ""
        await self._say(ready)

    async def _say(self, words: str) -> None:
        if words:
            self.said = True
            await self._emit("words", {"text": struck(words, self._tools)[0]})


async def _proposals(done: Conversed, tools: Toolbox) -> str:
    """What waits for the person's word, and what cannot be done."""
    ready, refused = [], []
    for name, arguments in done.waiting:
        try:
            ready.append((await tools.propose(name, arguments)).summary)
        except AppError as problem:
            refused.append(problem.detail)
    lines = [_CONFIRM, *(f"- {one}" for one in ready)] if ready else []
    lines += [_NOTHING_DONE, *(f"- {one}" for one in refused)] if refused else []
    return "\n".join(lines)


def _past(asked: Asked) -> list[Part]:
    parts = []
    for number, one in enumerate(asked.past, 1):
        parts.append(Part(f"question {number}", one.question[:_LONGEST_PAST]))
        became = "".join(f"\n({tool}: {state})" for tool, state, _ in one.actions)
        parts.append(Part(f"answer {number}", one.answer[:_LONGEST_PAST] + became))
    return parts
