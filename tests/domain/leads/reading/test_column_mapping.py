"""Which column holds what."""

import pytest

from domain.leads.reading import ColumnMapping, infer_columns
from kernel.errors import Invalid


def _mapping(header: list[str], *rows: list[str], given: dict[str, str] | None = None) -> ColumnMapping:
    return infer_columns(header, [dict(zip(header, row, strict=False)) for row in rows], given)


def _fields(mapping: ColumnMapping) -> list[str | None]:
    return [use.field for use in mapping.columns]


def test_usual_headers_are_known() -> None:
    header = [
        "Creation Date",
        "Full Name",
        "Mail",
        "Ph. Number",
        "Firm",
        "Location",
        "Sales Owner",
        "Ingestion Status",
        "Details",
    ]
    assert _fields(_mapping(header)) == [
        "submitted_at", "full_name", "email", "phone", "company", "address", None, "source_status", "message",
    ]  # fmt: skip


def test_spanish_headers_are_known() -> None:
    header = [
        "Nombre",
        "Apellidos",
        "Correo electrónico",
        "Teléfono",
        "Ciudad",
        "Código postal",
        "Tipo de seguro",
        "Mensaje",
    ]
    assert _fields(_mapping(header)) == [
        "first_name", "last_name", "email", "phone", "city", "zip", "line", "message",
    ]  # fmt: skip
    assert _fields(_mapping(["Nombre", "Correo"])) == ["full_name", "email"]


def test_misspelled_headers_are_recognised_and_marked() -> None:
    mapping = _mapping(["Emial", "Phne Number", "Adress"])
    assert [(use.field, use.how) for use in mapping.columns] == [
        ("email", "fuzzy"),
        ("phone", "fuzzy"),
        ("address", "fuzzy"),
    ]


@pytest.mark.parametrize(
    "header", ["project", "county", "Year Built", "Roof age", "Preferred contact time", "model", "score"]
)
def test_a_header_that_only_resembles_stays_an_extra(header: str) -> None:
    assert _fields(_mapping([header])) == [None]


def test_cells_decide_over_the_header() -> None:
    mapping = _mapping(["Info", "Phone"], ["a@x.com", "b@x.com"], ["c@x.com", "d@x.com"], ["e@x.com", ""])
    assert {use.field for use in mapping.columns} >= {"email"}
    mapping = _mapping(["Whatever"], ["a@x.com"], ["b@x.com"], ["c@x.com"])
    assert [(use.field, use.how) for use in mapping.columns] == [("email", "values")]


def test_two_exchanged_columns_are_read_by_their_cells() -> None:
    mapping = _mapping(["Name", "Email"], ["a@x.com", "Ann Lee"], ["b@x.com", "Bob Ray"], ["c@x.com", "Cy Young"])
    assert _fields(mapping) == ["email", "full_name"]


def test_another_persons_address_is_never_the_leads() -> None:
    mapping = _mapping(["Agent Email", "Phone"], ["a@x.com", "617-555-0123"], ["b@x.com", "617-555-0124"])
    assert _fields(mapping) == [None, "phone"]
    repeated = _mapping(["Routing", "Phone"], *[["desk@x.com", f"617-555-012{i}"] for i in range(5)])
    assert _fields(repeated) == [None, "phone"]


def test_the_better_of_two_columns_wins_and_the_other_is_an_alternate() -> None:
    mapping = _mapping(["Home Phone", "Cell Phone", "Notes", "Comments"], ["617-555-0123", "617-555-0124", "a", "b"])
    assert _fields(mapping) == ["phone_alt", "phone", "message", None]


def test_an_empty_column_loses_to_a_filled_one() -> None:
    assert _fields(_mapping(["Mobile", "Phone"], ["", "617-555-0123"])) == ["phone_alt", "phone"]


def test_address_beside_city_is_the_street() -> None:
    assert _fields(_mapping(["Address", "City", "State", "Zip"])) == ["street", "city", "state", "zip"]


def test_columns_without_header_are_mapped_by_their_cells() -> None:
    header = [f"column_{index}" for index in range(1, 7)]
    rows = [
        ["Ann Lee", "a@x.com", "617-555-0123", "02138", "MA", "I need a quote for my new car"],
        ["Bob Ray", "b@x.com", "617-555-0124", "73301", "TX", "Please call me about my house soon"],
    ]
    assert _fields(_mapping(header, *rows)) == ["full_name", "email", "phone", "zip", "state", "message"]


def test_a_given_mapping_overrides() -> None:
    mapping = _mapping(["Email", "Other"], ["a@x.com", "b@x.com"], given={"Other": "email", "Email": "ignore"})
    assert [(use.field, use.how) for use in mapping.columns] == [("ignore", "given"), ("email", "given")]


def test_an_unknown_header_or_field_in_a_given_mapping_is_refused_by_name() -> None:
    with pytest.raises(Invalid) as error:
        _mapping(["Email"], given={"Mial": "email", "Email": "e-mail"})
    assert [(item.field, item.code) for item in error.value.fields] == [
        ("Mial", "header_unknown"),
        ("Email", "field_unknown"),
    ]
    with pytest.raises(Invalid, match="does not fit"):
        _mapping(["A", "B"], given={"A": "zip", "B": "zip"})


def test_the_mapping_can_be_shown() -> None:
    assert _mapping(["Email"]).as_dict() == {
        "columns": [{"header": "Email", "field": "email", "how": "header", "confidence": 1.0}]
    }


def test_a_header_of_several_words_is_read_by_the_one_that_is_known() -> None:
    header = ("Full Name ", "E-mail", "Comments / needs")
    rows = [{"Full Name ": "Ann Lee", "E-mail": "ann@leads.example", "Comments / needs": "car"}]
    mapping = infer_columns(header, rows)
    assert mapping.header_of("message") == "Comments / needs"


def test_a_column_of_sentences_is_the_message_whatever_its_header() -> None:
    header = ("Name", "Email", "Xyzzy", "Sales rep notes")
    sentence = "we are moving next month and need cover for the house"
    rows = [
        {
            "Name": "Ann Lee",
            "Email": f"ann{n}@leads.example",
            "Xyzzy": f"{n} {sentence}",
            "Sales rep notes": f"{n} {sentence}",
        }
        for n in range(5)
    ]
    mapping = infer_columns(header, rows)
    assert mapping.header_of("message") == "Xyzzy"
