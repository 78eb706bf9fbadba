"""Every prompt is live, every live version is released as it stands, and the package stays below everything else."""

from __future__ import annotations

import ast
import sys

from cli.samples.prompt_inputs import SAMPLE_INPUTS
from prompts.prompt import partials_of
from prompts.registry import ACTIVE, FROZEN, PARTIALS, library
from tests.architecture.test_packages import ROOT

FOLDER = ROOT / "prompts"
MAY_IMPORT = {"kernel", "prompts", "jinja2", "yaml"}


def test_every_prompt_has_a_live_version_and_sample_inputs() -> None:
    assert set(library().shares) == set(library().agents) == set(SAMPLE_INPUTS)


def test_every_live_version_is_released_and_unchanged() -> None:
    for agent, shares in library().shares.items():
        for version in shares:
            library().require_unchanged(library().load(agent, version))


def test_every_released_version_is_there_and_unchanged() -> None:
    assert library().frozen
    for (agent, version), frozen in library().frozen.items():
        assert library().load(agent, version).hash == frozen, f"{agent}/v{version} was changed after its release"


def test_every_file_can_be_read() -> None:
    assert not [row for row in library().listed() if row.problem]


def test_folder_holds_nothing_that_nobody_uses() -> None:
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.md")]
    assert set(library().partials) == {name for text in texts for name in partials_of(text)}
    known = {library().path(agent, version) for agent in library().agents for version in library().versions(agent)}
    known |= {FOLDER / PARTIALS / name for name in library().partials} | {FOLDER / ACTIVE, FOLDER / FROZEN}
    there = {path for path in FOLDER.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}}
    assert there == known


def test_package_imports_the_kernel_and_two_libraries_only() -> None:
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong = [name for name in names if name.split(".")[0] not in MAY_IMPORT | sys.stdlib_module_names]
            assert not wrong, f"{path.name} imports {wrong}"
