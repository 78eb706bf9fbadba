"""The prompts with one of them held at a version, whatever is live; also at a draft that no file holds yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from prompts.prompt import Prompt, build
from prompts.registry import Library, library

Sources = Mapping[tuple[str, int], str]
"""Prompt files by agent and version."""
_drafts: ContextVar[Sources] = ContextVar("eval_drafts", default={})  # noqa: B039 - never written to


class Pinned(Library):
    """As the shipped prompts, but ``agent`` always gets ``version``: also one that is not released, since it is being judged."""

    def __init__(self, agent: str, version: int) -> None:
        super().__init__(library().folder)
        self._agent = agent
        self._version = version
        self._drafts = _drafts.get()

    def load(self, agent: str, version: int | None = None, unit: str | UUID | None = None) -> Prompt:
        """See :meth:`Library.load`."""
        wanted = self._version if version is None and agent == self._agent else version
        source = self._drafts.get((agent, wanted)) if wanted is not None else None
        if source is not None and wanted is not None:
            return build(f"{agent}/v{wanted}.md", source, self.partials, agent=agent, version=wanted)
        return super().load(agent, wanted, unit)


@contextmanager
def drafted(sources: Sources) -> Iterator[None]:
    """Within this block and its tasks, these drafts can be pinned like versions that have a file."""
    token = _drafts.set({**_drafts.get(), **sources})
    try:
        yield
    finally:
        _drafts.reset(token)


def pinned(agent: str, version: int | None) -> Library:
    """The prompts with ``agent`` at ``version``; None leaves what is live. Raises NotFound for a version there is not."""
    if version is None:
        return library()
    made = Pinned(agent, version)
    made.load(agent)
    return made
