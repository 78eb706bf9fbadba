"""Every command that the documents show exists: its words, its options, its choices, and the targets of make."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "AGENTS.md", *sorted((ROOT / "docs").rglob("*.md"))]
_FENCE = re.compile(r"^```.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_REMARK = re.compile(r"\s{2,}|\s+#")


def shown(program: str) -> Iterator[tuple[str, str]]:
    """(document, command) for each time a document shows the program, in a block or amid a sentence."""
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        lines = [line.removeprefix("$ ") for block in _FENCE.findall(text) for line in block.splitlines()]
        for line in [*lines, *_SPAN.findall(_FENCE.sub("", text))]:
            if line.startswith(f"{program} "):
                yield document.name, _REMARK.split(line)[0]


def spelled_out(command: str) -> Iterator[list[str]]:
    """The words after the program, optional ones included, once for each choice that ``a|b`` leaves."""
    words = shlex.split(command.replace("[", " ").replace("]", " "))[1:]
    for chosen in product(*(word.split("|") for word in words)):
        yield list(chosen)


LEADWRIGHT = sorted(
    {(where, shlex.join(words)) for where, shows in shown("leadwright") for words in spelled_out(shows)}
)
TARGETS = sorted({(where, target) for where, shows in shown("make") for target in shows.split()[1:]})


@pytest.mark.parametrize(("document", "command"), LEADWRIGHT)
def test_a_command_that_is_shown_is_one(document: str, command: str) -> None:
    # Asking for help ends a command before it starts, after its words and options were read.
    done = CliRunner().invoke(app, [*shlex.split(command), "--help"])
    assert done.exit_code == 0, (document, done.stderr)
    assert "Usage" in done.stdout


@pytest.mark.parametrize(("document", "target"), TARGETS)
def test_a_target_that_is_shown_is_one(document: str, target: str) -> None:
    rehearsed = subprocess.run(
        ["make", "--dry-run", "--always-make", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert rehearsed.returncode == 0, (document, rehearsed.stderr)
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert target in phony.group(1).split(), "a folder of this name would hide the target"


def test_choices_that_are_shown_are_those_that_there_are() -> None:
    listed = [(where, shows) for where, shows in shown("leadwright") if "|" in shows]
    assert listed
    for where, shows in listed:
        words = shows.split()
        at = next(place for place, word in enumerate(words) if "|" in word)
        told = CliRunner().invoke(app, [*words[1:at], "--help"]).stdout
        for choice in words[at].split("|"):
            assert re.search(rf"\b{choice}\b", told), (where, shows, choice)


def test_the_documents_were_read() -> None:
    assert {"process", "receipt", "serve", "token"} <= {command.split()[0] for _, command in LEADWRIGHT}
    assert {"run", "test", "check"} <= {target for _, target in TARGETS}


def test_a_command_that_is_none_would_be_noticed() -> None:
    for wrong in (["process", "FILE", "--jsn"], ["agency", "unload", "FILE"], ["reciept", "ID"]):
        assert CliRunner().invoke(app, [*wrong, "--help"]).exit_code == 2, wrong
