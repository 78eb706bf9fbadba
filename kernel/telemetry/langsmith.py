"""The LangSmith switch: traces leave only where they were asked for, and without what a step read or wrote."""

from __future__ import annotations

import os

from kernel.llm_settings import LangSmithSettings

# langsmith reads either prefix and either spelling, and asks for them in an order that has changed before.
_SWITCHES = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")
_HIDING = ("LANGSMITH_HIDE_INPUTS", "LANGSMITH_HIDE_OUTPUTS", "LANGSMITH_HIDE_METADATA")


def configure_langsmith(settings: LangSmithSettings) -> None:
    """Set what the langsmith library reads from the environment of this process, on or off, before its first use.

    It keeps what it read, so a later change has no effect. Off is written down: a variable left by the machine's owner
    must not send an agency's leads anywhere.
    """
    environment = os.environ  # noqa: TID251 - the library takes its switch from nowhere else
    for name in _SWITCHES:
        environment[name] = str(settings.tracing).lower()
    for name in _HIDING:
        environment[name] = "true"
    if not settings.tracing:
        return
    assert settings.api_key is not None, "settings were checked to be complete"
    environment["LANGSMITH_API_KEY"] = settings.api_key.get_secret_value()
    environment["LANGSMITH_PROJECT"] = settings.project
    if settings.endpoint is not None:
        environment["LANGSMITH_ENDPOINT"] = settings.endpoint
