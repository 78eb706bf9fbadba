"""Bad input ends with one clear message, an exit code and no traceback; commands attach to a folder that is served."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.cli.terminal import Terminal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FILES: dict[str, str | bytes] = {
    "empty.csv": "",
    "blank.csv": "\n \n\n",
    "header.csv": "Name,Email,Zip\n",
    "junk.csv": bytes(range(256)) * 20,
    "picture.csv": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "page.csv": "<html><body>Name,Email</body></html>",
    "good.csv": "Name,Email,Zip\nAnn Lee,ann@leads.example,60614\n",
    "agency.json": '{"slug": "desk", "name": "Desk", "producers": [{"external_id": "a"}]}',
    "no.json": "Name,Email\n",
}


@pytest.fixture(scope="module", autouse=True)
def files(terminal: Terminal) -> None:
    for name, content in FILES.items():
        terminal.write(name, content)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["process", "empty.csv"], 1, "the file is empty"),
        (["process", "empty.csv", "--json"], 1, "send a file with a header and a row for each lead"),
        (["process", "blank.csv"], 1, "the file is empty"),
        (["process", "header.csv"], 1, "no row"),
        (["process", "junk.csv"], 1, "binary"),
        (["process", "picture.csv"], 1, "image"),
        (["process", "page.csv"], 1, "XML or HTML"),
        (["process", "missing.csv"], 2, "'missing.csv' does not exist"),
        (["process", "."], 2, "is a directory"),
        (["process", "good.csv", "--map", "Nope=email"], 1, "Nope: the file has no such column"),
        (["process", "good.csv", "--map", "Nope=email"], 1, "use one of: Name, Email, Zip"),
        (["process", "good.csv", "--map", "Zip=postcode"], 1, "Zip: there is no such field (got 'postcode')"),
        (["process", "good.csv", "--map", "Zip"], 1, "write 'Header=field'"),
        (["process", "good.csv", "--agency", "[/nowhere]"], 1, "no agency '[/nowhere]'"),
        (["receipt", str(UUID(int=7))], 1, "no receipt"),
        (["receipt", "not-an-id"], 2, "receipt_id"),
        (["rebuild", "receipts"], 2, "'receipts' is not one of 'leads', 'graph'"),
        (["token", "--scope", "everything"], 2, "everything"),
        (["agency", "load", "agency.json"], 1, "producers.0.name: Field required"),
        (["agency", "load", "no.json"], 1, "file: Invalid JSON"),
        (["serve"], 1, "already served by another process"),
        (["nonsense"], 2, "No such command"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_bad_input_is_refused_with_its_remedy(served: Terminal, arguments: list[str], code: int, words: str) -> None:
    done = served.run(*arguments)
    assert (done.code, done.out) == (code, ""), done.err
    assert words in done.words
    assert "Traceback" not in done.err


def test_a_setting_that_does_not_fit_is_named(terminal: Terminal) -> None:
    wrong = Terminal(terminal.folder, PIPELINE__CONCURRENCY="0", PROFILE="[/x]").run("token")
    assert (wrong.code, wrong.out) == (2, "")
    assert "pipeline.concurrency" in wrong.words
    assert "profile" in wrong.words
    assert "Traceback" not in wrong.err
