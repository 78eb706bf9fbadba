"""Traces leave only where they were asked for. In processes of their own: the library keeps what it first read."""

from __future__ import annotations

import subprocess
import sys

import pytest

_ASK = """
from kernel.llm_settings import LangSmithSettings
from kernel.telemetry.langsmith import configure_langsmith
configure_langsmith(LangSmithSettings(tracing={tracing}, api_key="ls-x", project="p", endpoint="http://127.0.0.1:9"))
from langsmith.client import Client
from langsmith.utils import tracing_is_enabled, get_tracer_project
client = Client(api_key="ls-x", api_url="http://127.0.0.1:9", auto_batch_tracing=False)
print(bool(tracing_is_enabled()), client._hide_inputs, client._hide_outputs, client._hide_metadata, get_tracer_project())
"""


@pytest.mark.parametrize("variable", ["LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "NONE"])
@pytest.mark.parametrize("tracing", [False, True])
def test_the_setting_decides_whatever_the_machine_says(variable: str, *, tracing: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ASK.format(tracing=tracing)], capture_output=True, text=True, check=True,
        env={"PATH": "/usr/bin", "PYTHONPATH": ".", variable: "true"},
    )  # fmt: skip
    project = "p" if tracing else "default"
    assert done.stdout.split() == [str(tracing), "True", "True", "True", project]
