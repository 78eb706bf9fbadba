"""Says what may be asked: the answerer of last resort, which understands no question."""

from __future__ import annotations

from domain.asking.catalogue import Effect
from tools.copilot.answering import Answered, Asked, Emit
from tools.copilot.toolbox import Toolbox


class Capabilities:
    """Lists the tools that are open to who asks."""

    version = "capabilities.1"

    async def answer(self, asked: Asked, tools: Toolbox, emit: Emit) -> Answered:  # noqa: ARG002 - a port
        """The list, whatever was asked."""
        reads = [one.description for one in tools.entries if one.effect is Effect.READ]
        writes = [one.description for one in tools.entries if one.effect is Effect.WRITE]
        lines = ["I could not work out what you ask. I can tell you:", *(f"- {one}" for one in reads)]
        if writes:
            lines += ["", "And on your word I can do:", *(f"- {one}" for one in writes)]
        return Answered("\n".join(lines), self.version, "local", understood=False)
