"""Embeddings from the configured endpoint, in place of the local ones where a model is named for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from integrations.llm.errors import BadAnswer
from integrations.llm.gateway import Gateway
from integrations.local.embedder import TextKind, Vectors, embeddable
from kernel.errors import Unavailable

_BATCH = 128


def endpoint_name(model: str, dimensions: int) -> str:
    """The embedder's name, as collections of its vectors carry it."""
    return f"{model}-{dimensions}".replace("/", "-").replace(":", "-")


class EndpointEmbedder:
    """See :class:`~integrations.local.embedder.Embedder`. Callers stand in ``on_behalf``, like everybody who asks a model.

    Raises OverBudget, Exhausted, Unavailable, or BadAnswer for vectors of another length than ``dimensions``.
    """

    def __init__(self, gateway: Gateway, model: str, dimensions: int) -> None:
        self._gateway = gateway
        self._model = model
        self.dimensions = dimensions
        self.name = endpoint_name(model, dimensions)

    def embed(self, texts: Sequence[str], *, kind: TextKind) -> Vectors:
        """An endpoint is asked without blocking only."""
        del texts, kind
        raise Unavailable("embeddings of an endpoint are asked asynchronously only; await embed_async")

    async def embed_async(self, texts: Sequence[str], *, kind: TextKind) -> Vectors:
        """One L2-normalised float32 row a text, in order; a text without any content gives a row of zeros and is not sent."""
        del kind
        cleaned = [embeddable(text) for text in texts]
        places = [place for place, text in enumerate(cleaned) if text]
        rows = np.zeros((len(cleaned), self.dimensions), dtype=np.float32)
        for start in range(0, len(places), _BATCH):
            part = places[start : start + _BATCH]
            rows[part] = await self._ask([cleaned[place] for place in part])
        return rows

    async def _ask(self, texts: list[str]) -> Vectors:
        try:
            answer = await self._gateway.client.embeddings.create(
                model=self._model, input=texts, encoding_format="float"
            )
            found = np.array(
                [one.embedding for one in sorted(answer.data, key=lambda one: one.index)], dtype=np.float32
            )
        except Exception as problem:
            from integrations.llm.translating import translate  # noqa: PLC0415 - with the SDK, which is loaded by now

            raise translate(problem, malformed=(ValueError, TypeError)) from problem
        if found.shape != (len(texts), self.dimensions) or not np.isfinite(found).all():
            shape = f"{found.shape}, not {(len(texts), self.dimensions)}"
            raise BadAnswer(f"the endpoint's vectors are {shape}; set LEADWRIGHT_LLM__EMBEDDING_DIMENSIONS")
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        return np.divide(found, lengths, out=np.zeros_like(found), where=lengths > 0)
