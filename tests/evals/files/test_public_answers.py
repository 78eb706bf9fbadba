"""Retrieval on real public questions: what ships is ahead of words alone, of meaning alone and of equal weights."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from domain.actor import Actor
from evals.files.retrieval import SHIPPED, Asked, compared
from integrations.knowledge_files import read_documents, rows_of
from services.container import Services

_QUESTIONS = 150
_ANSWERS = 450


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_the_shipped_order_is_the_best_on_public_questions(
    shared_data: Path, services: Services, actor: Actor, tmp_path: Path
) -> None:
    folder = shared_data / "insuranceqa"
    rows = list(rows_of(folder / "rag_dev.csv.gz"))[:_QUESTIONS]
    wanted = {one: None for row in rows for one in row["right_answer_ids"].split()}
    with gzip.open(folder / "answers_pool.csv.gz", "rt", encoding="utf-8", newline="") as file:
        pool = list(csv.DictReader(file))
    kept = [row for row in pool if row["answer_id"] in wanted]
    kept += [row for row in pool if row["answer_id"] not in wanted][: _ANSWERS - len(kept)]
    sample = tmp_path / "pool.csv"
    with sample.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["answer_id", "answer"])
        writer.writeheader()
        writer.writerows(kept)
    await services.knowledge_loading.load(actor, read_documents(sample))
    known = await services.knowledge_search.known(actor, list(wanted))
    asked = [
        Asked(
            row["id"], await services.knowledge_search.candidates(actor, row["question"]),
            frozenset(known[one] for one in row["right_answer_ids"].split()),
        )
        for row in rows
    ]  # fmt: skip
    figures = compared(asked)
    shipped = figures[SHIPPED]
    assert shipped.mrr_at_10 > figures["sparse (words)"].mrr_at_10 + 0.05
    assert shipped.mrr_at_10 >= figures["dense (meaning)"].mrr_at_10
    assert shipped.mrr_at_10 >= figures["fused: equal weights"].mrr_at_10
    assert shipped.hit_at_1 > 0.6
