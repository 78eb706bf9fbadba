"""The list of commands says what each command says itself, and is shown without loading any of them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cli.listing import loaded
from cli.main import COMMANDS, app


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_listed_as_it_describes_itself(name: str) -> None:
    first = (loaded(name, COMMANDS[name]).help or "").split("\n\n")[0]
    assert " ".join(first.split()) == COMMANDS[name].help


def test_the_list_is_in_order_and_shows_every_command() -> None:
    assert list(COMMANDS) == sorted(COMMANDS)
    shown = CliRunner().invoke(app, ["--help"]).stdout
    assert all(f" {name} " in shown for name in COMMANDS)


def test_showing_the_list_loads_none_of_them() -> None:
    look = (
        "import sys\nfrom typer.testing import CliRunner\nfrom cli.main import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "print({'sqlalchemy', 'openai', 'scipy', 'services', 'domain'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
