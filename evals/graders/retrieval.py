"""Whether what was sought is among the first that were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.graders.paths import MISSING, at
from evals.graders.port import Verdict, passed, scored
from evals.records import Answer, Case, Metric, Score


@dataclass(frozen=True)
class Retrieval:
    """The ranked list of ids at ``output`` against the relevant ids at ``expected``: ``hit`` (a relevant one among the first
    ``k``), ``mrr`` (one over the rank of the first relevant one among ``k``, else 0) and ``recall`` (relevant ones among the
    first ``k``, of all relevant ones). ``id`` is the path from an entry of the list to its id.
    """

    output: str
    expected: str
    k: int = 5
    id: str = ""
    name: str = "retrieval"

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Hit, reciprocal rank, recall."""
        return (Metric(f"{self.name}.hit", passes=True), Metric(f"{self.name}.mrr"), Metric(f"{self.name}.recall"))

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """Three scores, none where nothing is relevant."""
        wanted = at(case.expected, self.expected)
        relevant = set(map(str, wanted if isinstance(wanted, list) else [wanted])) if wanted is not MISSING else set()
        if not relevant:
            return ()
        given = at(answer.output, self.output)
        ranked = [str(at(one, self.id)) for one in given][: self.k] if isinstance(given, list) else []
        ranks = [rank for rank, one in enumerate(ranked, start=1) if one in relevant]
        reason = "" if ranks else f"none of {len(relevant)} relevant among {len(ranked)}"
        return (
            passed(answer, f"{self.name}.hit", Verdict(bool(ranks), reason)),
            scored(answer, f"{self.name}.mrr", 1 / ranks[0] if ranks else 0.0),
            scored(answer, f"{self.name}.recall", len(relevant & set(ranked)) / len(relevant)),
        )
