"""XLSX, JSON, JSON lines, ADF and ACORD: what a person reads in each is what comes out, row by row."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import Workbook

from domain.leads.reading import infer_columns, read_row
from domain.leads.reading.draft import LeadDraft
from integrations.leadfiles.lead_file import open_lead_file
from integrations.leadfiles.table import LeadFile, Survey, TableRow
from kernel.errors import Invalid


def opened(data: bytes, sheet: str | None = None) -> tuple[LeadFile, Survey, list[TableRow]]:
    file = open_lead_file(lambda: io.BytesIO(data), len(data), sheet)
    survey = file.survey()
    rows = list(file.rows(survey))
    assert [row.number for row in rows] == list(range(1, survey.rows + 1))
    return file, survey, rows


def drafts(data: bytes) -> list[LeadDraft | None]:
    _, survey, rows = opened(data)
    mapping = infer_columns(survey.header, [row.cells for row in survey.sample], None, survey.fields)
    return [None if row.fault else read_row(row.cells, mapping).draft for row in rows]


def code_of(data: bytes, sheet: str | None = None) -> str:
    with pytest.raises(Invalid) as error:
        opened(data, sheet)
    assert error.value.fields[0].remedy
    return error.value.fields[0].code


def workbook(fill: Callable[[Any], None]) -> bytes:
    book = Workbook()
    fill(book)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_sheet_is_read_as_it_shows_its_cells() -> None:
    def fill(book: Any) -> None:
        sheet = book.active
        sheet.append(["Name", "Phone", "Zip", "SSN", "Created", "Premium"])
        sheet.append(["Ann Lee", 16175550123.0, 2138, 12345678, dt.datetime(2026, 3, 1), 1200.5])
        sheet["C2"].number_format, sheet["D2"].number_format = "00000", "000\\-00\\-0000"
        sheet["F2"].number_format = '"$"#,##0.00'

    file, survey, rows = opened(workbook(fill))
    assert (file.format, survey.rows) == ("xlsx", 1)
    assert list(rows[0].cells.values()) == ["Ann Lee", "16175550123", "02138", "012-34-5678", "2026-03-01", "$1,200.50"]


def test_formulas_count_by_stored_results_and_say_so_where_there_is_none() -> None:
    def fill(book: Any) -> None:
        book.active.append(["Email", "Note"])
        book.active.append(["a@x.example", '=HYPERLINK("http://evil.example")'])
        book.active.append(["b@x.example", "plain"])

    _, survey, rows = opened(workbook(fill))
    assert survey.rows == 2
    assert (rows[0].cells.get("Note", ""), [note.code for note in rows[0].notes]) == ("", ["formula_no_value"])
    assert rows[0].notes[0].field == "cell B2"
    assert rows[1].notes == ()


def test_the_first_filled_visible_sheet_is_read_or_the_named_one() -> None:
    def fill(book: Any) -> None:
        book.active.title = "Cover"
        hidden = book.create_sheet("Old")
        hidden.append(["Email"])
        hidden.append(["old@x.example"])
        hidden.sheet_state = "hidden"
        for title in ("Leads", "More"):
            sheet = book.create_sheet(title)
            sheet.append(["Email"])
            sheet.append([f"{title.lower()}@x.example"])

    data = workbook(fill)
    _, survey, rows = opened(data)
    assert rows[0].cells == {"Email": "leads@x.example"}
    assert [problem.code for problem in survey.problems] == ["hidden_sheet", "other_sheet"]
    assert opened(data, "more")[2][0].cells == {"Email": "more@x.example"}
    assert code_of(data, "Nope") == "sheet_unknown"
    assert code_of(workbook(lambda _: None)) == "empty_file"


def repacked(data: bytes, name: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(item.filename, content if item.filename == name else old.read(item.filename))
    return target.getvalue()


def test_workbooks_that_attack_are_refused() -> None:
    data = workbook(lambda book: book.active.append(["Email"]))
    part = "xl/worksheets/sheet1.xml"
    laughs = b'<!DOCTYPE a [<!ENTITY b "ha">]><worksheet>&b;</worksheet>'
    assert code_of(repacked(data, part, laughs)) == "broken_file"
    assert code_of(repacked(data, part, b"<!--" + b"x" * 70_000 + b"-->" + laughs)) == "broken_file"
    assert code_of(repacked(data, part, laughs.decode().encode("utf-16"))) == "broken_file"
    assert code_of(repacked(data, part, b" " * 90_000_000)) == "zip_bomb"
    assert code_of(b"PK\x03\x04rest") == "broken_file"


def test_objects_become_dotted_columns_and_a_broken_one_is_its_own_row() -> None:
    data = (
        b'[{"name":{"first":"Ann","last":"Lee"},"contact":{"email":"a@x.example","phones":["617-555-0123"]},'
        b'"address":{"zip":"02138"},"vehicles":[{"year":2020,"make":"Ford"},{"year":2021}],"id":12345678901234567890},'
        b'{bad},{"contact":{"email":"b@x.example"}},5,{"contact":{"email":"cut'
    )
    file, survey, rows = opened(data)
    assert (file.format, survey.rows) == ("json", 5)
    assert [row.fault.code if row.fault else None for row in rows] == [
        None, "json_broken", None, "json_not_object", "json_broken",
    ]  # fmt: skip
    ann, _, other, *_ = drafts(data)
    assert ann is not None
    assert other is not None
    assert ann.name is not None
    assert (ann.name.display, ann.email, ann.phone_e164, ann.zip_code) == (
        "Ann Lee",
        "a@x.example",
        "+16175550123",
        "02138",
    )
    assert ann.extras["vehicle_year"] == "2020"
    assert ann.external_id == "12345678901234567890"
    assert other.email == "b@x.example"


def test_of_json_lines_a_bad_one_costs_only_itself() -> None:
    data = b'\xef\xbb\xbf{"email":"a@x.example"}\n{"email": "open\n\n{"email":"c\\ud800@x.example","zip":2138}\n[1]\n'
    file, survey, rows = opened(data)
    assert (file.format, survey.rows) == ("jsonl", 4)
    assert [row.fault.code if row.fault else None for row in rows] == [None, "json_broken", None, "json_not_object"]
    assert rows[2].cells["email"] == "c@x.example"
    assert [note.code for note in rows[2].notes] == ["control_characters"]
    assert rows[1].fault is not None
    assert rows[1].fault.field == "line 2"


@pytest.mark.parametrize(
    ("data", "count", "problems"),
    [
        (
            b'{"count": 2, "leads": [{"email":"a@x.example"},{"email":"b@x.example"}], "next": null}',
            2,
            ["leads_inside"],
        ),
        (b'{\n "email":"a@x.example"}\n{\n"email":"b@x.example"}', 2, []),
        (b'{"email":"a@x.example","email":"b@x.example"}', 1, []),
        (b"[]", 0, []),
    ],
)
def test_other_shapes_of_json(data: bytes, count: int, problems: list[str]) -> None:
    _, survey, rows = opened(data)
    assert (len(rows), [problem.code for problem in survey.problems]) == (count, problems)


@pytest.mark.parametrize(
    "data", [b"[" * 200_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b'[{"a":' + b"9" * 5_000 + b"}]"]
)
def test_deep_and_large_values_are_one_row(data: bytes) -> None:
    assert len(opened(data)[2]) == 1


def test_too_many_values_are_the_row_s_fault() -> None:
    many = ",".join(f'"k{place}":1' for place in range(100_000))
    _, _, rows = opened(f'{{"email":"a@x.example"}}\n{{{many}}}\n'.encode())
    assert [row.fault and row.fault.code for row in rows] == [None, "over_limit"]


ADF = """<?xml version="1.0"?><?adf version="1.0"?><adf>
<prospect><id sequence="1" source="Site">77</id><requestdate>2026-01-19T16:40:00-06:00</requestdate>
<vehicle interest="buy"><year>2021</year><make>Ford</make><model>F-150</model><vin>1FTFW1E50MFA00001</vin></vehicle>
<vehicle><year>2023</year><make>Tesla</make><model>Model 3</model></vehicle>
<customer><contact><name part="first">Ana</name><name part="last">Ruiz</name><email>ana@x.example</email>
<phone type="fax">617-555-0100</phone><phone type="cell">617-555-0123</phone>
<address><street line="1">1 Main St</street><city>Cambridge</city><regioncode>MA</regioncode>
<postalcode>02138</postalcode></address></contact><comments>Call me & my wife</comments></customer>
<vendor><contact><name part="full">Best Cars</name><email>sales@vendor.example</email></contact></vendor>
<provider><name part="full">LeadCo</name></provider></prospect>
<prospect><customer><contact><name part="full">Bo Li</nam><email>bo@x.example</email></contact></customer></prospect>
<prospect><customer><contact><email>cy@x.example</email></contact></customer></prospect>
</adf>"""


def test_adf_prospects_are_leads_and_the_vendor_is_none() -> None:
    file, survey, rows = opened(ADF.encode())
    assert (file.format, survey.rows) == ("adf", 3)
    ana, bo, cy = drafts(ADF.encode())
    assert ana is not None
    assert ana.name is not None
    assert (ana.name.display, ana.email, ana.phone_e164, ana.zip_code, ana.state) == (
        "Ana Ruiz", "ana@x.example", "+16175550123", "02138", "MA",
    )  # fmt: skip
    assert (ana.message, ana.source, ana.external_id, ana.declared_line) == (
        "Call me & my wife",
        "LeadCo",
        "77",
        "auto",
    )
    assert (ana.extras["vehicle_make"], ana.extras["vehicle_vin"]) == ("Ford", "1FTFW1E50MFA00001")
    assert ana.extras["vehicles"] == "2021 Ford F-150; 2023 Tesla Model 3"
    assert ana.extras["vendor.contact.email"] == "sales@vendor.example"
    assert [note.code for note in rows[0].notes] == ["xml_repaired"]
    assert bo is None
    broken = rows[1].notes[0]
    assert (broken.code, broken.field) == ("xml_broken", "prospect/customer/contact/name")
    assert "line 11" in broken.message
    assert cy is not None
    assert cy.email == "cy@x.example"


def test_entities_are_never_expanded() -> None:
    laughs = '<?xml version="1.0"?><!DOCTYPE adf [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + ADF[ADF.index("<adf>") :]
    assert code_of(laughs.encode()) == "xml_entities"
    outside = '<!DOCTYPE adf SYSTEM "file:///etc/passwd">' + ADF[ADF.index("<adf>") :]
    assert "doctype_ignored" in [problem.code for problem in opened(outside.encode())[1].problems]
    inside = "<adf><prospect><!DOCTYPE x><id>1</id></prospect></adf>"
    assert opened(inside.encode())[2][0].fault is not None or opened(inside.encode())[2][0].notes
    named = "<adf><prospect><customer><contact><name>&xxe;</name><email>a@x.example</email></contact></customer></prospect></adf>"
    assert opened(named.encode())[2][0].cells["full_name"] == "&xxe;"


def test_deep_and_endless_elements_are_one_faulty_row() -> None:
    deep = "<adf><prospect>" + "<a>" * 5_000 + "</a>" * 5_000 + "</prospect><prospect><id>1</id></prospect></adf>"
    rows = opened(deep.encode())[2]
    assert [row.fault and row.fault.code for row in rows] == ["xml_refused", None]
    large = "<adf><prospect><id>" + "x" * 3_000_000 + "</id></prospect><prospect><id>1</id></prospect></adf>"
    assert [row.fault and row.fault.code for row in opened(large.encode())[2]] == ["over_limit", None]


def test_acord_requests_name_their_line() -> None:
    party = (
        "<InsuredOrPrincipal><GeneralPartyInfo><NameInfo>{}</NameInfo><Addr><Addr1>1 Main St</Addr1><City>Cambridge</City>"
        "<StateProvCd>MA</StateProvCd><PostalCode>02138</PostalCode></Addr><Communications><PhoneInfo><PhoneNumber>+1-617-5550123"
        "</PhoneNumber></PhoneInfo><EmailInfo><EmailAddr>a@x.example</EmailAddr></EmailInfo></Communications></GeneralPartyInfo>"
        "<InsuredOrPrincipalInfo><InsuredOrPrincipalRoleCd>FNI</InsuredOrPrincipalRoleCd></InsuredOrPrincipalInfo></InsuredOrPrincipal>"
    )
    person = party.format("<PersonName><Surname>Lee</Surname><GivenName>Ann</GivenName></PersonName>")
    firm = party.format("<CommlName><CommercialName>Lee &amp; Sons</CommercialName></CommlName>")
    data = (
        f'<a:ACORD xmlns:a="urn:x"><a:InsuranceSvcRq><HomePolicyQuoteInqRq>{person}<HomeLineBusiness><Dwell><Construction>'
        f"<YearBuilt>1920</YearBuilt></Construction></Dwell></HomeLineBusiness></HomePolicyQuoteInqRq><PersUmbrellaPolicyQuoteInqRq>"
        f"{person}</PersUmbrellaPolicyQuoteInqRq><CommlPkgPolicyQuoteInqRq>{firm}</CommlPkgPolicyQuoteInqRq></a:InsuranceSvcRq></a:ACORD>"
    ).encode()
    home, umbrella, business = drafts(data)
    assert home is not None
    assert umbrella is not None
    assert business is not None
    assert home.name is not None
    assert (home.name.display, home.zip_code, home.declared_line, home.extras["year_built"]) == (
        "Ann Lee",
        "02138",
        "home",
        "1920",
    )
    assert (umbrella.declared_line, umbrella.phone_e164) == ("umbrella", "+16175550123")
    assert (business.declared_line, business.company) == ("commercial", "Lee & Sons")


@pytest.mark.parametrize("data", [b"<html><p>x</p></html>", b"<?xml version='1.0'?><orders/>"])
def test_other_markup_is_refused(data: bytes) -> None:
    assert code_of(data) == "not_a_lead_file"
