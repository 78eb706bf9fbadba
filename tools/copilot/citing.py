"""Answers name only records that tools returned: any other id is taken out, and it is said."""

from __future__ import annotations

import re

from services.copilot.schemas import AnswerView, Citation
from tools.copilot.answering import Answered
from tools.copilot.toolbox import Toolbox

_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)
_GONE = "[no such record]"
_SAID = "An id that no record here has was taken out of this answer."
_MOST = 100


def struck(text: str, tools: Toolbox) -> tuple[str, list[Citation], list[str]]:
    """The text without ids that no tool returned; the records that it names, and the ids that were taken out."""
    named: dict[str, Citation] = {}
    gone: list[str] = []

    def look(match: re.Match[str]) -> str:
        record = tools.cite(match[0].lower())
        if record is None:
            gone.append(match[0])
            return _GONE
        named[record.id] = record
        return match[0]

    return _ID.sub(look, text), list(named.values()), gone


def answer_view(answered: Answered, tools: Toolbox) -> AnswerView:
    """The answer as it is kept: with the records that it names, or all that it came from where it names none."""
    text, named, gone = struck(answered.text, tools)
    if gone:
        text = f"{text}\n\n{_SAID}"
    return AnswerView(
        text=text, citations=named or list(tools.cites.values())[:_MOST], struck=gone,
        suggestions=list(answered.suggestions), understood=answered.understood, written_by=answered.written_by,
    )  # fmt: skip
