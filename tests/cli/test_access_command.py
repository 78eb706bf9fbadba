"""People and keys from the command line: what is secret comes alone on stdout, once, and no password is among the words."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.terminal import Terminal, first_line

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ADD = ("access", "person", "add")


def test_people_and_keys_are_added_listed_and_ended(terminal: Terminal) -> None:
    with terminal.running("serve") as serving:
        first_line(serving.stdout, "serving http")
        made = terminal.run(*ADD, "ana@desk.example", "--name", "Ana", "--role", "admin")
        assert (made.code, made.out[:4], made.out.count("\n")) == (0, "lwo_", 1), made.err
        again = terminal.run(*ADD, "Ana@desk.example", "--name", "Ana", "--role", "admin")
        assert (again.code, again.out) == (1, "")
        assert "has this e-mail already" in again.words
        reset = terminal.run("access", "person", "reset", "ana@desk.example")
        assert reset.out.startswith("lwo_")
        assert reset.out != made.out
        last = terminal.run("access", "person", "disable", "ana@desk.example")
        assert (last.code, "last active administrator" in last.words) == (1, True)
        assert terminal.run(*ADD, "bo@desk.example", "--name", "Bo", "--role", "manager").code == 0
        assert terminal.run("access", "person", "disable", "bo@desk.example").code == 0
        listed = terminal.run("access", "person", "list").out
        assert "ana@desk.example" in listed
        assert "lwo_" not in listed
        key = terminal.run("access", "key", "add", "Acme", "--source", "acme").out.strip()
        assert key.startswith("lw_")
        table = terminal.run("access", "key", "list").out
        assert key not in table
        key_id = next(word for word in table.split() if len(word) == 36)
        assert terminal.run("access", "key", "revoke", key_id).code == 0
        assert "revoked" in terminal.run("access", "key", "list").out
        wrong = terminal.run("access", "key", "add", "Acme", "--role", "admin", "--scope", "leads:read")
        assert (wrong.code, wrong.out) == (1, "")
        assert "people sign in" in wrong.words


def test_a_short_password_from_stdin_is_refused_and_not_repeated(terminal: Terminal) -> None:
    settings = [f"LEADWRIGHT_HOME={terminal.home}", "LEADWRIGHT_AGENCY=desk"]
    words = [*ADD, "cy@desk.example", "--name", "Cy", "--role", "manager", "--password"]
    done = subprocess.run(
        ["env", *settings, sys.executable, "-m", "cli.main", *words],
        cwd=terminal.folder, input="hunter2\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert "use 12 or more" in " ".join(done.stderr.split())
    assert "hunter2" not in done.stderr
