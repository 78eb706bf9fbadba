"""What a model would see of every live prompt, as reviewed. ``python -m tests.prompts.renew`` writes the files anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.commands.prompt import sample
from cli.samples.prompt_inputs import NONCE, SAMPLE_INPUTS
from prompts.registry import library

SNAPSHOTS = Path(__file__).parent / "snapshots"


def live() -> list[tuple[str, int]]:
    """Every live version."""
    return [(agent, version) for agent, shares in library().shares.items() for version in shares]


def snapshot(agent: str, version: int) -> Path:
    """The file that holds what is shown of a version."""
    return SNAPSHOTS / f"{agent}.v{version}.txt"


@pytest.mark.parametrize(("agent", "version"), live())
def test_live_prompt_is_shown_as_reviewed(agent: str, version: int) -> None:
    shown = sample(library().load(agent, version))
    assert shown == snapshot(agent, version).read_text(encoding="utf-8")


def test_every_snapshot_is_of_a_live_version() -> None:
    assert {path.name for path in SNAPSHOTS.iterdir()} == {snapshot(*one).name for one in live()}


@pytest.mark.parametrize(("agent", "version"), live())
def test_what_comes_before_the_id_is_the_same_for_every_lead(agent: str, version: int) -> None:
    """Providers keep the common beginning of messages; the random id must not come before most of the system message."""
    prompt = library().load(agent, version)
    system = prompt.render(nonce=NONCE, **SAMPLE_INPUTS[agent]).system
    assert system.index(NONCE) > len(system) * 0.5
