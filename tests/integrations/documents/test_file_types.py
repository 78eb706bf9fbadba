"""Types by content, spreadsheets, e-mails and text."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill

from domain.documents.extract import extract
from domain.documents.page import Format, Reading
from integrations.documents.limits import Limits
from integrations.documents.read import read_document
from integrations.documents.sniff import format_of, pixels_of
from kernel.errors import Invalid
from tests import declarations
from tests.paper import mail, photographed, png, saved, workbook


def read(data: bytes, name: str = "file") -> Reading:
    return read_document(data, name, Limits(), with_ocr=False)


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


def test_the_bytes_say_the_type_and_the_name_does_not() -> None:
    picture = png(photographed(declarations.quote(), dpi=20))
    for data, kind in (
        (declarations.quote(), Format.PDF),
        (b"\r\n" + declarations.quote(), Format.PDF),
        (picture, Format.PNG),
        (workbook({"a": [["b"]]}), Format.XLSX),
        (mail("Hi", "text"), Format.EMAIL),
        (b"Dear all,\nhello there.\n", Format.TEXT),
        (b"name,premium\nAda,900\nBob,800\n", Format.CSV),
        (b"name;premium;x\nAda;900;1\nBob;800;2\n", Format.CSV),
        (b"Subject: Renewal\n\nHi, please quote.\n", Format.TEXT),
        ("Dear Jos\u00e9,\nhola.\n".encode("cp1252"), Format.TEXT),
    ):
        assert format_of(data, Limits()) is kind
    assert read(picture, "policy.pdf").format is Format.PNG
    assert pixels_of(picture, Format.PNG) == 170 * 220


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xd0\xcf\x11\xe0" + b"0" * 600, "unsupported_type"),
        (b"GIF89a123", "unsupported_type"),
        (b"\0\0\0\x18ftypheic0000", "unsupported_type"),
        (packed(word__document=b"<w/>"), "unsupported_type"),
        (packed(a=b"1"), "unsupported_type"),
        (b"PK\x03\x04broken", "broken_file"),
        (b"<html><body>hi</body></html>", "unsupported_type"),
        (bytes(range(256)) * 9, "unsupported_type"),
        (b"MZ\x90\0", "unsupported_type"),
    ],
)
def test_other_types_are_refused_with_a_remedy(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        format_of(data, Limits())
    assert refused.value.fields[0].code == code
    assert refused.value.fields[0].remedy


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = packed(xl__workbook=b"", xl__media__a=b"\0" * 30_000_000)
    with pytest.raises(Invalid) as refused:
        format_of(bomb, Limits())
    assert refused.value.fields[0].code == "zip_bomb"


def test_entities_in_a_workbook_are_refused() -> None:
    good, out = zipfile.ZipFile(io.BytesIO(workbook({"a": [["b"]]}))), io.BytesIO()
    with zipfile.ZipFile(out, "w") as bad:
        for name in good.namelist():
            text = good.read(name)
            bad.writestr(name, b'<!DOCTYPE x [<!ENTITY a "b">]>' + text if name.endswith("sheet1.xml") else text)
    with pytest.raises(Invalid, match="entities"):
        read(out.getvalue())


def test_a_picture_with_too_many_pixels_is_refused_by_its_head() -> None:
    picture = bytearray(png(photographed(declarations.quote(), dpi=20)))
    picture[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(Invalid) as refused:
        read(bytes(picture))
    assert refused.value.fields[0].code == "too_many_pixels"


def test_sheets_are_pages_and_hidden_cells_stay_out() -> None:
    book = Workbook()
    first = book.active
    assert first is not None
    first.title = "Vehicles"
    for row in (
        ("Year", "Make", "Model", "VIN"),
        (2019, "Honda", "Accord", "1HGCM82633A004352"),
        (2020, "Ford", "F-150", "x"),
        ("", "", "", ""),
    ):
        first.append(row)
    first["A5"], first["B5"] = "Total Premium", 1
    first["A5"].font = first["B5"].font = Font(color="FFFFFFFF")
    first["A6"], first["B6"] = "Named Insured", "Ada Fontaine"
    first["A6"].font, first["A6"].fill = Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FF112244")
    first.row_dimensions[3].hidden = True
    book.create_sheet("Secret").sheet_state = "hidden"
    second = book.create_sheet("Money")
    second.append(("Total Premium", 1234.5))
    second["B1"].number_format = '"$"#,##0.00'
    document = read(saved(book))
    assert [page.name for page in document.pages] == ["Vehicles", "Money"]
    assert {part.text for part in document.pages[0].hidden} == {"2020", "Ford", "F-150", "x", "Total Premium", "1"}
    assert {note.code for note in document.notes} == {"hidden_sheet", "hidden_text"}
    at = {field.name: field for field in extract(document).fields}
    assert at["vehicle.make"].value == "Honda"
    assert at["named_insured"].value == "Ada Fontaine"
    assert (at["premium"].value["minor"], at["premium"].page) == (123450, 2)


def test_an_email_is_a_page_and_its_files_are_documents() -> None:
    schedule = workbook({"Schedule": [["Category", "Sum Insured ($)"], ["Buildings", 100]]})
    message = mail(
        "Submission - Fennel Works LLC",
        "We are targeting a premium of $65,000.\n",
        attachments=[("quote.pdf", declarations.quote()), ("sums.xlsx", schedule), ("odd.bin", b"\x7fELF...")],
    )
    document = read(message)
    assert extract(document).kind.name == "email"
    at = {field.name: field.value for field in extract(document).fields}
    assert at["named_insured"] == "Fennel Works LLC"
    assert at["target_premium"]["minor"] == 6500000
    assert [item.reading.format.value if item.reading else None for item in document.attachments] == [
        "pdf",
        "xlsx",
        None,
    ]
    assert "program" in (document.attachments[2].problem or "")


def test_html_mail_shows_what_a_person_sees() -> None:
    html = """<p>Premium: $900</p><p style="display:none">Premium: $1</p><span style='font-size:0px'>approve</span>
    <div style="color:#ffffff">white words</div><div style="color:white;background:#003">banner</div><script>bad()</script>"""
    data = mail("Quote", "").replace(b"text/plain", b"text/html").replace(b"\n\n\n", b"\n\n" + html.encode() + b"\n")
    document = read(data)
    assert "Premium: $900" in document.pages[0].text
    assert "banner" in document.pages[0].text
    assert not any(word in document.pages[0].text for word in ("$1\n", "approve", "white words", "bad()"))
    assert {part.text for part in document.pages[0].hidden} == {"Premium: $1", "approve", "white words"}


def test_messages_within_messages_end_somewhere() -> None:
    inner = mail("a", "b")
    for _ in range(4):
        inner = mail("outer", "text", attachments=[("inner.eml", inner)])
    document = read(inner)
    deep = 0
    while document.attachments and document.attachments[0].reading:
        document, deep = document.attachments[0].reading, deep + 1
    assert deep == Limits().deep
    assert "too deep" in (document.attachments[0].problem or "")


def test_invisible_characters_do_not_hide_in_text() -> None:
    document = read("Named Insured: Ad\u200ba \u202eevil\u202c\nTotal Premium: $900\n".encode())
    assert document.pages[0].text.startswith("Named Insured: Ada evil")


def test_a_csv_of_drivers(tmp_path: Path) -> None:
    document = read(
        b"Driver Name,Date of Birth,License Number\nAda Fontaine,1984-07-22,F123-456\nBob Roe,1990-01-02,R999\n"
    )
    at = {f"{field.name}{field.item}": field.value for field in extract(document).fields}
    assert (at["driver.name1"], at["driver.date_of_birth2"], at["driver.licence_number1"]) == (
        "Ada Fontaine",
        "1990-01-02",
        "F123-456",
    )
