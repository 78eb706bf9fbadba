"""Opening a vector store. Qdrant's client takes a second to load, so it is loaded where somebody has vectors to open."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path

from kernel.settings import VectorSettings
from store.vectors.port import Vectors


async def open_vectors(settings: VectorSettings, folder: Path, *, late: bool = False) -> Vectors:
    """See :func:`store.vectors.qdrant.open_vectors`."""
    qdrant = await asyncio.to_thread(import_module, "store.vectors.qdrant")
    opened: Vectors = await qdrant.open_vectors(settings, folder, late=late)
    return opened
