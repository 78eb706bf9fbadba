"""Our top-level names are ours, whatever else is installed."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.mark.parametrize("name", PACKAGES)
def test_package_resolves_to_this_repository(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve() == ROOT / name / "__init__.py"


def test_every_package_is_listed_for_the_wheel_the_contracts_and_the_types() -> None:
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert found == set(PACKAGES)
    assert found == set(PROJECT["tool"]["importlinter"]["root_packages"])
    assert found == set(PROJECT["tool"]["mypy"]["packages"])


def test_no_locked_package_takes_one_of_our_names() -> None:
    locked = {package["name"] for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}
    assert not locked & {"openai-agents", "agents", "tools", "store", "kernel", "graphs", "evals", "workers"}


@pytest.mark.parametrize("name", PACKAGES)
def test_package_says_what_it_is(name: str) -> None:
    assert importlib.import_module(name).__doc__
