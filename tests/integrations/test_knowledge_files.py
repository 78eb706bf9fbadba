"""Files of documents: every kind read, every fault named."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from integrations.knowledge_files import Columns, column_of, read_documents, rows_of
from kernel.errors import Invalid


def test_a_table_gives_a_document_a_row(tmp_path: Path) -> None:
    file = tmp_path / "faq.csv"
    file.write_text(
        'id,Note,text,title\na1,x,"Fire, and smoke, are covered.",Fire\na2,y,"Two\nlines",\n', encoding="utf-8-sig"
    )
    one, two = read_documents(file)
    assert (one.name, one.title, one.source) == ("a1", "Fire", "faq.csv")
    assert [(part.heading, part.text) for part in one.sections] == [("Fire", "Fire, and smoke, are covered.")]
    assert [(part.heading, part.text) for part in two.sections] == [("", "Two\nlines")]


def test_usual_names_packed_files_and_named_columns(tmp_path: Path) -> None:
    packed = tmp_path / "pool.csv.gz"
    packed.write_bytes(gzip.compress(b"answer_id,answer\nq7,Yes.\n"))
    assert [one.name for one in read_documents(packed)] == ["q7"]
    lines = tmp_path / "x.jsonl"
    lines.write_text('{"nr": 5, "wording": "No.", "tags": ["a", "b"]}\n\n{"nr": 6, "wording": null}\n')
    five, six = read_documents(lines, Columns("nr", "wording"))
    assert (five.name, five.sections[0].text, six.name, six.sections) == ("5", "No.", "6", ())
    assert next(rows_of(lines))["tags"] == "a b"


def test_a_folder_is_walked_in_order_without_hidden_files_and_links_out(tmp_path: Path) -> None:
    outside = tmp_path / "secret.md"
    outside.write_text("# No")
    folder = tmp_path / "docs"
    (folder / "b" / ".git").mkdir(parents=True)
    (folder / "b" / "two.html").write_text("<h1>Two</h1><p>Text</p>")
    (folder / "a.md").write_text("# One\nText")
    (folder / "b" / ".git" / "x.md").write_text("# hidden")
    (folder / "c.pdf").write_bytes(b"%PDF-1.4")
    (folder / "link.md").symlink_to(outside)
    assert [(one.name, one.title) for one in read_documents(folder)] == [("a.md", "One"), ("b/two.html", "Two")]


def test_other_encodings_are_read(tmp_path: Path) -> None:
    file = tmp_path / "es.txt"
    file.write_bytes("Póliza de año".encode("cp1252"))
    assert [one.sections[0].text for one in read_documents(file)] == ["Póliza de año"]


@pytest.mark.parametrize(
    ("name", "content", "field", "code"),
    [
        ("a.csv", b"id,words\n1,x\n", "text", "unknown"),
        ("a.csv", b"text\nx\n", "id", "unknown"),
        ("a.csv", b"id,text\n,x\n", "id", "empty"),
        ("a.csv", b"id,text\n", "a.csv", "empty"),
        ("a.jsonl", b"{not json}\n", "a.jsonl", "json"),
        ("a.jsonl", b"[1]\n", "a.jsonl", "json"),
        ("a.docx", b"PK\x03\x04", "a.docx", "kind"),
        ("a.txt", b"%PDF-1.7 binary", "a.txt", "not_text"),
        ("a.csv.gz", b"no gzip", "a.csv.gz", "unreadable"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, field: str, code: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(Invalid) as caught:
        list(read_documents(file))
    fault = caught.value.fields[0]
    assert (fault.field, fault.code) == (field, code)
    assert fault.remedy


def test_an_empty_folder_and_an_unknown_column_are_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        list(read_documents(tmp_path))
    with pytest.raises(Invalid) as caught:
        column_of(["id", "text"], "body", ("text",), "text")
    assert "id, text" in caught.value.fields[0].remedy
    file = tmp_path / "deep.jsonl"
    file.write_text("[" * 200_000)
    with pytest.raises(Invalid):
        list(rows_of(file))
    assert column_of(["a", "text"], None, ("text",), "text") == "text"
