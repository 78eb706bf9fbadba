"""Whether what an answer quotes stands on the very page that it names, and whether that is the right page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evals.graders.paths import MISSING, at, shown
from evals.graders.port import scored
from evals.records import Answer, Case, Metric, Role, Score
from prompts.quotes import find_quote


@dataclass(frozen=True)
class OnPage:
    """The share of ``{quote, page}`` at ``output`` whose words stand on that page (from 1) of the texts at ``pages`` of the
    case's input; 1 where none is given. Case, accents and blanks do not matter.
    """

    output: str = "evidence"
    pages: str = "pages"
    name: str = "on_page"
    role: Role = Role.SAFETY

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The share."""
        return (Metric(self.name, self.role),)

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """One score."""
        texts, given = at(case.input, self.pages), at(answer.output, self.output)
        quotes = given if isinstance(given, list) else []
        wrong = [one for one in quotes if not _stands(one, [] if texts is MISSING else texts)]
        share = 1.0 if not quotes else 1 - len(wrong) / len(quotes)
        return (scored(answer, self.name, share, f"not on its page: {shown(wrong)}" if wrong else ""),)


@dataclass(frozen=True)
class Pages:
    """The share of values whose page is the one at ``expected`` of the case, by their names at ``output``."""

    output: str = "fields"
    expected: str = "pages"
    name: str = "page"
    role: Role = Role.QUALITY

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The share."""
        return (Metric(self.name, self.role),)

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """One score, none where the case names no pages."""
        wanted, given = at(case.expected, self.expected), at(answer.output, self.output)
        if not isinstance(wanted, Mapping) or not wanted:
            return ()
        named = given if isinstance(given, Mapping) else {}
        wrong = {
            name: at(named.get(name), "page") for name, page in wanted.items() if at(named.get(name), "page") != page
        }
        reason = "; ".join(f"{name}: wanted page {wanted[name]}, got {shown(page)}" for name, page in wrong.items())
        return (scored(answer, self.name, 1 - len(wrong) / len(wanted), reason),)


def _stands(one: object, texts: Sequence[str]) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("quote"), str) or not isinstance(one.get("page"), int):
        return False
    number = one["page"]
    return 1 <= number <= len(texts) and bool(
        find_quote(one["quote"], texts[number - 1], limit=max(1, len(texts[number - 1])))
    )
