"""The copilot's catalogue as a language model sees it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic_ai import ModelRetry, RunContext
from pydantic_ai.profiles.openai import OpenAIJsonSchemaTransformer
from pydantic_ai.tools import ToolDefinition, ToolKind
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool
from pydantic_core import SchemaValidator, core_schema

from domain.asking.arguments import Arguments
from domain.asking.catalogue import Effect, Entry
from kernel.errors import Forbidden, Invalid
from prompts.envelope import envelope
from tools.copilot.toolbox import Toolbox

_ANY = SchemaValidator(core_schema.any_schema())
_LONGEST_RESULT = 12_000


@cache
def _schema(args: type[Arguments]) -> tuple[dict[str, Any], bool]:
    """As the endpoint wants it, and whether it may be held to it word for word. Made once: it goes with every request."""
    shaped = OpenAIJsonSchemaTransformer(args.model_json_schema())
    return shaped.walk(), shaped.is_strict_compatible


class CatalogueTools(AbstractToolset[None]):
    """The tools that are open at each step. Results with words from outside come in an envelope; after one nothing writes."""

    def __init__(self, tools: Toolbox, nonce: str) -> None:
        self._tools = tools
        self._nonce = nonce

    @property
    def id(self) -> str:
        """Of this set; there is one."""
        return "catalogue"

    async def get_tools(self, ctx: RunContext[None]) -> dict[str, ToolsetTool[None]]:  # noqa: ARG002 - a port
        """Asked before every request to the model."""
        return {one.name: self._offered(one) for one in self._tools.entries}

    def _offered(self, entry: Entry) -> ToolsetTool[None]:
        schema, strict = _schema(entry.args)
        kind: ToolKind = "unapproved" if entry.effect is Effect.WRITE else "function"
        return ToolsetTool(
            toolset=self, max_retries=2, args_validator=_ANY,
            tool_def=ToolDefinition(
                name=entry.name, description=entry.description, parameters_json_schema=schema, strict=strict, kind=kind
            ),
        )  # fmt: skip

    async def call_tool(
        self,
        name: str,
        tool_args: dict[str, Any],
        ctx: RunContext[None],  # noqa: ARG002 - a port
        tool: ToolsetTool[None],  # noqa: ARG002 - a port
    ) -> str:
        """What a reading tool returns, as JSON."""
        try:
            result = await self._tools.call(name, tool_args if isinstance(tool_args, dict) else {})
        except (Invalid, Forbidden) as problem:
            raise ModelRetry(problem.detail) from problem
        if result.error is not None:
            return json.dumps({"refused": result.error})
        told = json.dumps(result.data, ensure_ascii=False, default=str)
        if not result.untrusted:
            return told[:_LONGEST_RESULT]
        return envelope(told, kind="tool result", nonce=self._nonce, limit=_LONGEST_RESULT)
