"""Questions to the agency's documents: passages by words and meaning, and an answer made of quotes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.actor import Actor, Scope
from domain.knowledge.answer import Quote, Sentence, chosen, cited, likeness
from domain.knowledge.ranking import Candidate, Ranked, by_both, full_score, ranked
from domain.knowledge.sentences import sentences
from domain.knowledge.terms import question_terms, weighted, word_term, words
from integrations.llm.calls import booked
from integrations.local.embedder import Embedder
from kernel.errors import FieldError, Invalid, Unavailable
from services.knowledge.schemas import KnowledgeAnswer, KnowledgeFound, KnowledgeHit, PassageView, QuoteView
from store.sql.repositories.knowledge import Quoted
from store.uow import Database
from store.vectors.passages import PassageVectors

Asked = NDArray[np.float32]
"""A question as its embedder reads it."""
DEPTH = 100
"""Passages taken by meaning and as many by words, before they are ordered."""

MOST = 50
_LONGEST_QUESTION = 2_000
_READ_FOR_ANSWER = 4
_SENTENCES_READ = 24
_OTHERS = 3
_PASSAGE_SHARE = 0.5


class KnowledgeSearch:
    """Finds and quotes. What is found is text of the agency's documents and is handed on as that."""

    def __init__(self, database: Database, vectors: PassageVectors, embedder: Embedder) -> None:
        self._database = database
        self._vectors = vectors
        self._embedder = embedder

    @booked("embedder")
    async def search(self, actor: Actor, question: str, limit: int = 10) -> list[KnowledgeHit]:
        """The documents that speak most to ``question``, best first, at most ``limit``."""
        order, passages, _ = await self._found(actor, question, limit)
        return [_hit(one, passages) for one in order]

    @booked("embedder")
    async def answer(self, actor: Actor, question: str, limit: int = 10) -> KnowledgeFound:
        """The same documents with an answer made of their best sentences, each cited. Empty where nothing was found."""
        order, passages, asked = await self._found(actor, question, limit)
        quotes = await self._quotes(actor, question, asked, order, passages)
        views = [
            QuoteView(
                number=number, text=one.text, id=one.document, document=titles(passages, one.document), heading=one.heading,
                passage=one.passage,
            )
            for number, one in enumerate(quotes, 1)
        ]  # fmt: skip
        return KnowledgeFound(
            answer=KnowledgeAnswer(answer=cited(quotes), quotes=views), items=[_hit(one, passages) for one in order]
        )

    @booked("embedder")
    async def candidates(self, actor: Actor, question: str, depth: int = DEPTH) -> list[Candidate]:
        """The passages that words or meaning find, before any order is made of them.

        Raises Invalid on a question without words, Unavailable while the collection of the present embedder is not built.
        """
        return (await self._candidates(actor, question, depth))[0]

    async def _candidates(self, actor: Actor, question: str, depth: int = DEPTH) -> tuple[list[Candidate], Asked]:
        """The candidates, and the question's vector; without passages there is none, since nothing is compared with it."""
        actor.require(Scope.KNOWLEDGE_READ)
        terms = question_terms(_checked(question))
        async with self._database.begin(actor) as uow:
            passages = await uow.knowledge.passage_count()
            holding = await uow.knowledge.holding(list(terms))
            placed = await uow.knowledge.placed()
        if not passages:
            return [], np.zeros(self._embedder.dimensions, dtype=np.float32)
        if self._vectors.collection not in placed:
            raise Unavailable(
                f"the agency's documents have not been read by {self._embedder.name} yet; run `leadwright rebuild vectors`"
            )
        weights = weighted(terms, holding, passages)
        vector = (await self._embedder.embed_async([question], kind="query"))[0]
        found = await self._vectors.search(actor.agency_id, vector.tolist(), weights, limit=depth)
        full = full_score(weights)
        return [Candidate(one.passage_id, one.document_id, one.cosine, one.overlap / full) for one in found], vector

    async def names(self, actor: Actor, document_ids: Sequence[UUID]) -> dict[UUID, str]:
        """The agency's own names of documents."""
        actor.require(Scope.KNOWLEDGE_READ)
        async with self._database.begin(actor) as uow:
            return await uow.knowledge.names(document_ids)

    async def known(self, actor: Actor, names: Sequence[str]) -> dict[str, UUID]:
        """The ids of those documents that are loaded, by name."""
        actor.require(Scope.KNOWLEDGE_READ)
        async with self._database.begin(actor) as uow:
            return await uow.knowledge.named(names)

    async def _found(self, actor: Actor, question: str, limit: int) -> tuple[list[Ranked], dict[UUID, Quoted], Asked]:
        if not 1 <= limit <= MOST:
            fault = FieldError("limit", "range", f"a limit is 1 to {MOST}", f"ask for at most {MOST}", str(limit))
            raise Invalid("the limit is not possible", fields=(fault,))
        candidates, asked = await self._candidates(actor, question)
        order = ranked(candidates, by_both)
        wanted = [passage for one in order[: 2 * limit] for passage in one.passage_ids[: 1 + _OTHERS]]
        async with self._database.begin(actor) as uow:
            passages = await uow.knowledge.quoted(wanted)
        # A passage that was replaced since it was projected is in the collection for a moment longer than in Postgres.
        present = [one for one in order[: 2 * limit] if one.passage_ids[0] in passages]
        return present[:limit], passages, asked

    async def _quotes(
        self, actor: Actor, question: str, asked: Asked, order: Sequence[Ranked], passages: dict[UUID, Quoted]
    ) -> list[Quote]:
        best = [(one, passages[one.passage_ids[0]]) for one in order[:_READ_FOR_ANSWER]]
        parts = [
            (one.score, Quote(sentence, passage.document, passage.heading, passage.number))
            for one, passage in best
            for sentence in sentences(passage.text)
        ][:_SENTENCES_READ]
        if not parts:
            return []
        rarity = await self._rarity(actor, question)
        read = await self._embedder.embed_async([quote.text for _, quote in parts], kind="passage")
        near = (read @ asked).tolist()
        likely = by_both([
            Candidate(_NOWHERE, _NOWHERE, cosine, likeness(quote.text, rarity))
            for cosine, (_, quote) in zip(near, parts, strict=True)
        ])  # fmt: skip
        return chosen([
            Sentence(quote, own + _PASSAGE_SHARE * score) for own, (score, quote) in zip(likely, parts, strict=True)
        ])  # fmt: skip

    async def _rarity(self, actor: Actor, question: str) -> dict[str, float]:
        asked = {word: word_term(word) for word in words(question)}
        async with self._database.begin(actor) as uow:
            passages = await uow.knowledge.passage_count()
            holding = await uow.knowledge.holding(list(asked.values()))
        weights = weighted(dict.fromkeys(asked.values(), 1.0), holding, passages)
        return {word: weights[term] for word, term in asked.items() if term in weights}


_NOWHERE = UUID(int=0)


def titles(passages: dict[UUID, Quoted], name: str) -> str:
    """The title of the document called ``name``, else its name."""
    return next((one.title for one in passages.values() if one.document == name and one.title), name)


def _hit(one: Ranked, passages: dict[UUID, Quoted]) -> KnowledgeHit:
    best, *rest = (passages[passage] for passage in one.passage_ids[: 1 + _OTHERS] if passage in passages)
    return KnowledgeHit(
        id=best.document, score=round(one.score, 4), document=best.title or best.document, source=best.source,
        heading=best.heading, passage=best.text, number=best.number,
        others=[PassageView(number=other.number, heading=other.heading, text=other.text) for other in rest],
    )  # fmt: skip


def _checked(question: str) -> str:
    if not words(question):
        fault = FieldError("query", "no_words", "there are no words to look for", "ask in words", question[:80])
        raise Invalid("the question has no words", fields=(fault,))
    if len(question) > _LONGEST_QUESTION:
        fault = FieldError(
            "query", "too_long", f"a question has at most {_LONGEST_QUESTION} characters", "ask shorter", question[:80]
        )
        raise Invalid("the question is too long", fields=(fault,))
    return question
