"""Documents in: cut, read by the embedder, stored, projected. The same document again changes nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.knowledge.documents import Document
from domain.knowledge.passages import Passage, cut
from domain.knowledge.terms import passage_terms
from integrations.llm.calls import booked
from integrations.local.embedder import Embedder
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from kernel.ids import new_id
from kernel.slices import slices
from services.knowledge.projection import KnowledgeProjection, Progress, as_passage, packed
from services.knowledge.schemas import Loaded
from store.uow import Database, UnitOfWork

_SLICE = 32
_LONGEST_NAME = 400
_MOST_PASSAGES = 5_000


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A document ready to be stored: its passages with vectors, and which terms each holds."""

    document: Document
    passages: Sequence[Passage]
    vectors: Sequence[bytes]
    terms: Counter[int]


class KnowledgeLoading:
    """Keeps an agency's documents."""

    def __init__(self, database: Database, projection: KnowledgeProjection, embedder: Embedder) -> None:
        self._database = database
        self._projection = projection
        self._embedder = embedder

    @booked("embedder")
    async def load(self, actor: Actor, documents: Iterable[Document], progress: Progress = lambda _: None) -> Loaded:
        """Store new and changed documents, a slice a transaction, so that a load that was broken off goes on where it was.

        Of two documents with one name in the same load the later one is refused. Raises Invalid on a document that cannot be
        kept; the slices before it are. ``progress`` is told of documents as they are done.
        """
        actor.require(Scope.KNOWLEDGE_WRITE)
        loaded = Loaded()
        seen: set[str] = set()
        for part in slices(documents, _SLICE):
            _check(part, seen)
            await self._slice(actor, part, loaded)
            await self._projection.catch_up(actor)
            progress(len(part))
        await self._projection.catch_up(actor)
        return loaded

    async def forget(self, actor: Actor, names: Sequence[str]) -> int:
        """Remove documents by name; how many there were. Search does not find them from the moment this returns."""
        actor.require(Scope.KNOWLEDGE_WRITE)
        async with self._database.begin(actor) as uow:
            await uow.knowledge.lock()
            ids = await uow.knowledge.named(names)
            gone = await uow.knowledge.passages_of(names)
            terms = await asyncio.to_thread(_terms_of, [as_passage(row) for row in gone])
            await uow.knowledge.count_terms({term: -count for term, count in terms.items()})
            await uow.knowledge.forget(list(ids.values()))
        await self._projection.remove(actor, list(ids.values()))
        return len(ids)

    async def _slice(self, actor: Actor, documents: Sequence[Document], loaded: Loaded) -> None:
        async with self._database.begin(actor) as uow:
            known = await uow.knowledge.digests([one.name for one in documents])
        changed = [one for one in documents if known.get(one.name) != one.digest]
        loaded.unchanged += len(documents) - len(changed)
        prepared = [one for one in [await self._prepared(document) for document in changed] if one is not None]
        kept = {one.document.name for one in prepared}
        loaded.left_out.extend(one.name for one in changed if one.name not in kept)
        if not prepared:
            return
        async with self._database.begin(actor) as uow:
            await uow.knowledge.lock()
            known = await uow.knowledge.digests([one.document.name for one in prepared])
            # Another load may have stored the same in between.
            prepared = [one for one in prepared if known.get(one.document.name) != one.document.digest]
            await _store(uow, prepared, self._embedder.name)
        for one in prepared:
            loaded.passages += len(one.passages)
            if one.document.name in known:
                loaded.replaced += 1
            else:
                loaded.added += 1

    async def _prepared(self, document: Document) -> _Prepared | None:
        passages = await asyncio.to_thread(cut, document)
        terms = await asyncio.to_thread(_terms_of, passages)
        if not terms:
            return None
        if len(passages) > _MOST_PASSAGES:
            fault = FieldError(
                document.name[:80], "too_long", f"{len(passages)} passages are more than {_MOST_PASSAGES}",
                "load it in parts", None,
            )  # fmt: skip
            raise Invalid("a document is too long", fields=(fault,))
        vectors = await self._embedder.embed_async([one.embedded for one in passages], kind="passage")
        return _Prepared(document, passages, [packed(vector) for vector in vectors], terms)


async def _store(uow: UnitOfWork, prepared: Sequence[_Prepared], embedder: str) -> None:
    replaced = await uow.knowledge.passages_of([one.document.name for one in prepared])
    changes = Counter[int]()
    for one in prepared:
        changes.update(one.terms)
    changes.subtract(await asyncio.to_thread(_terms_of, [as_passage(row) for row in replaced]))
    rows: list[dict[str, Any]] = []
    for one in prepared:
        document_id = await uow.knowledge.save_document({
            "id": new_id(), "name": one.document.name, "title": one.document.title, "source": one.document.source,
            "digest": one.document.digest, "loaded_at": now(),
        })  # fmt: skip
        rows.extend(_rows(document_id, one, embedder))
    await uow.knowledge.add_passages(rows)
    await uow.knowledge.count_terms({term: count for term, count in changes.items() if count})


def _rows(document_id: UUID, one: _Prepared, embedder: str) -> Iterator[dict[str, Any]]:
    for passage, vector in zip(one.passages, one.vectors, strict=True):
        yield {
            "id": new_id(), "document_id": document_id, "number": passage.number, "heading": passage.heading,
            "text": passage.text, "embedder": embedder, "vector": vector,
        }  # fmt: skip


def _terms_of(passages: Sequence[Passage]) -> Counter[int]:
    """How many of the passages hold each term."""
    held = Counter[int]()
    for passage in passages:
        held.update(passage_terms(passage.text, passage.lead).keys())
    return held


def _check(documents: Sequence[Document], seen: set[str]) -> None:
    for document in documents:
        name = document.name
        if not name.strip() or len(name) > _LONGEST_NAME:
            fault = FieldError(
                "id", "length", f"an id has 1 to {_LONGEST_NAME} characters", "give each document a short id", name[:80]
            )
            raise Invalid("a document has no usable id", fields=(fault,))
        if name in seen:
            fault = FieldError(
                "id", "twice", "two documents have this id", "give each document an id of its own", name[:80]
            )
            raise Invalid("two documents have one id", fields=(fault,))
        seen.add(name)
