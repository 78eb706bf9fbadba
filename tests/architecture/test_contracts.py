"""Each import contract breaks when it is violated: a contract that cannot fail guards nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.test_packages import PACKAGES, PROJECT, ROOT

VIOLATIONS = {
    "Imports point down": ("domain/lines.py", "import services.runs"),
    "Agents do not know each other": ("agents/scorer.py", "import agents.classifier"),
    "Contexts of the domain do not know each other": ("domain/routing/facts.py", "import domain.leads.lifecycle"),
    "Contexts of the services do not know each other": ("services/routing/assign.py", "import services.leads.status"),
    "The domain does no I/O and asks no clock": ("domain/leads/lifecycle.py", "import kernel.clock"),
    "Only the store speaks to databases": ("services/runs.py", "import sqlalchemy"),
    "No LLM framework below the tools": ("services/runs.py", "import langgraph"),
}


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.npz", "*.json"))
    return folder


def test_every_contract_has_a_violation_here() -> None:
    assert {contract["name"] for contract in PROJECT["tool"]["importlinter"]["contracts"]} == set(VIOLATIONS)


def test_contracts_hold(copy: Path) -> None:
    done = _lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_contract_breaks_when_violated(contract: str, copy: Path) -> None:
    name, line = VIOLATIONS[contract]
    path = copy / name
    kept = path.read_text()
    path.write_text(f"{kept}\n{line}\n")
    try:
        done = _lint(copy)
    finally:
        path.write_text(kept)
    assert done.returncode != 0
    assert f"{contract} BROKEN" in done.stdout
