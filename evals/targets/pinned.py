"""The prompts with one of them held at a version, whatever is live."""

from __future__ import annotations

from uuid import UUID

from prompts.prompt import Prompt
from prompts.registry import Library, library


class Pinned(Library):
    """As the shipped prompts, but ``agent`` always gets ``version``: also one that is not released, since it is being judged."""

    def __init__(self, agent: str, version: int) -> None:
        super().__init__(library().folder)
        self._agent = agent
        self._version = version

    def load(self, agent: str, version: int | None = None, unit: str | UUID | None = None) -> Prompt:
        """See :meth:`Library.load`."""
        if version is None and agent == self._agent:
            return super().load(agent, self._version)
        return super().load(agent, version, unit)


def pinned(agent: str, version: int | None) -> Library:
    """The prompts with ``agent`` at ``version``; None leaves what is live. Raises NotFound for a version there is not."""
    if version is None:
        return library()
    made = Pinned(agent, version)
    made.load(agent)
    return made
