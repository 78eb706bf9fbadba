"""One row becomes one typed lead, or says why not."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.leads.reading import FIELDS, LeadDraft, RowReading, infer_columns, read_fields, read_row
from domain.lines import Line


def _row(cells: dict[str, str], **options: str | None) -> RowReading:
    return read_row(cells, infer_columns(list(cells), [cells]), **options)  # type: ignore[arg-type]


def _draft(reading: RowReading) -> LeadDraft:
    assert reading.draft, reading.errors
    return reading.draft


def _codes(reading: RowReading) -> list[tuple[str, str]]:
    return [(item.field, item.code) for item in reading.warnings]


def test_every_field_is_typed() -> None:
    draft = _draft(
        read_fields(
            {
                "full_name": "LEE, ANN", "email": "Ann+q@X.com", "phone": "617-555-0123 x4", "street": "1 Elm St",
                "city": "Boston", "state": "Mass.", "zip": "2138", "date_of_birth": "May 13 1980", "age": "46",
                "language": "Spanish", "line": "home & auto", "message": "a quote\nplease", "source": "web",
                "source_status": "new", "submitted_at": "2026-05-15", "consent": "yes", "consent_ip": "203.0.113.7",
                "consent_at": "2026-05-15T10:00:00Z", "company": "Lee LLC", "employees": "12", "current_carrier": "Acme",
                "premium": "$1,234.50", "budget": "100/mo", "referred_by": "Bob", "external_id": "0042", "pets": "2",
            }
        )
    )  # fmt: skip
    assert draft.name
    assert (draft.name.display, draft.email, draft.email_key) == ("Ann Lee", "Ann+q@x.com", "ann@x.com")
    assert (draft.phone_e164, draft.phone_ext, draft.phone_raw) == ("+16175550123", "4", "617-555-0123 x4")
    assert (draft.street, draft.city, draft.state, draft.zip_code) == ("1 Elm St", "Boston", "MA", "02138")
    assert (draft.date_of_birth, draft.age, draft.language) == (date(1980, 5, 13), 46, "es")
    assert (draft.declared_line, draft.declared_lines) == (Line.HOME, (Line.HOME, Line.AUTO))
    assert (draft.message, draft.employees, draft.external_id) == ("a quote\nplease", 12, "0042")
    assert draft.premium
    assert draft.premium.amount == Decimal("1234.50")
    assert draft.consent == {
        "granted": True, "text": None, "at": "2026-05-15T10:00:00+00:00", "ip": "203.0.113.7", "url": None,
    }  # fmt: skip
    assert draft.extras["pets"] == "2"


def test_files_and_json_are_read_alike() -> None:
    values = {"full_name": "Ann Lee", "email": "a@x.com", "phone": "617-555-0123", "zip": "2138"}
    columns = {"Full Name": "Ann Lee", "Email": "a@x.com", "Phone": "617-555-0123", "ZIP": "2138"}
    from_json, from_file = _draft(read_fields(values)), _draft(_row(columns))
    assert (from_json.name, from_json.email, from_json.phone_key, from_json.zip_code) == (
        from_file.name, from_file.email, from_file.phone_key, from_file.zip_code,
    )  # fmt: skip


def test_without_a_way_to_contact_there_is_no_lead_and_the_reasons_are_named() -> None:
    reading = _row({"Name": "Ann", "Email": "ann@@x", "Phone": "1.61E+10"})
    assert reading.draft is None
    assert [item.code for item in reading.errors] == ["no_contact", "email_invalid", "phone_spreadsheet_damage"]
    assert not reading.blank


def test_a_blank_row_is_told_from_a_refused_one() -> None:
    reading = _row({"Name": " ", "Email": "", "Phone": ""})
    assert reading.blank
    assert reading.draft is None


def test_one_way_to_contact_is_enough_and_the_bad_cell_is_kept() -> None:
    reading = _row({"Name": "Maria Garcia", "Phone": "617 555 0123", "Email": "maria@garcia"})
    assert _draft(reading).extras == {"Email": "maria@garcia"}
    assert _codes(reading) == [("Email", "email_missing_domain_end")]


def test_exchanged_name_and_email_are_put_right_with_a_warning() -> None:
    mapping = infer_columns(["Name", "Phone", "Email"], [])
    reading = read_row({"Name": "dan@x.example", "Phone": "617-555-0123", "Email": "Dan Moore"}, mapping)
    draft = _draft(reading)
    assert draft.name
    assert (draft.name.display, draft.email) == ("Dan Moore", "dan@x.example")
    assert _codes(reading) == [("Name", "swapped")]


def test_exchanged_phone_and_email_are_put_right() -> None:
    mapping = infer_columns(["Name", "Phone", "Email"], [])
    draft = _draft(read_row({"Name": "Dan", "Phone": "dan@x.example", "Email": "617-555-0123"}, mapping))
    assert (draft.email, draft.phone_e164) == ("dan@x.example", "+16175550123")


def test_a_mixed_cell_gives_all_its_addresses_and_numbers() -> None:
    draft = _draft(_row({"name": "Bob", "contact_info": "b1@x.com, b2@x.com / Ph: 617-555-0123, 617-555-0199"}))
    assert (draft.email, [item.address for item in draft.email_alternates]) == ("b1@x.com", ["b2@x.com"])
    assert (draft.phone_e164, [item.e164 for item in draft.phone_alternates]) == ("+16175550123", ["+16175550199"])


def test_a_valid_number_comes_before_one_that_is_only_possible() -> None:
    draft = _draft(_row({"Cell Phone": "555-123-4567", "Home Phone": "617-555-0123"}))
    assert (draft.phone_e164, draft.phone_raw) == ("+16175550123", "617-555-0123")
    assert [item.key for item in draft.phone_alternates] == ["+15551234567"]


def test_a_cell_that_looks_like_a_formula_is_text() -> None:
    assert _draft(_row({"Email": "a@x.com", "Notes": "=1+1"})).message == "=1+1"


def test_a_placeholder_is_nothing_and_a_family_name_is_not_a_placeholder() -> None:
    reading = read_fields(
        {"email": "a@x.com", "phone": "N/A", "company": "null", "first_name": "Yuna", "last_name": "Na"}
    )
    draft = _draft(reading)
    assert draft.name
    assert (draft.name.display, draft.phone_raw, draft.company, _codes(reading)) == ("Yuna Na", None, None, [])


def test_a_cell_too_long_for_its_field_is_kept_and_not_read() -> None:
    reading = read_fields({"email": "a@x.com", "full_name": "x " * 50_000, "message": "word " * 50_000})
    draft = _draft(reading)
    assert (draft.name, len(draft.extras["full_name"]), len(draft.message)) == (None, 100_000, 249_999)
    assert _codes(reading) == [("full_name", "too_long")]


def test_short_and_long_rows_are_warned_of_and_nothing_is_dropped() -> None:
    mapping = infer_columns(["Email", "Phone", "Zip"], [])
    assert _codes(read_row({"Email": "a@x.com"}, mapping)) == [("Phone", "row_short")]
    long = read_row({"Email": "a@x.com", "Phone": "", "Zip": "02138", "surplus_1": "more"}, mapping)
    assert (_codes(long), _draft(long).extras) == ([("surplus_1", "row_long")], {"surplus_1": "more"})


def test_unclear_consent_is_not_consent_and_a_refusal_is_kept() -> None:
    unclear = read_fields({"email": "a@x.com", "consent": "perhaps"})
    consent = _draft(unclear).consent
    assert consent
    assert consent["granted"] is None
    assert _codes(unclear) == [("consent", "consent_unclear")]
    refused = _draft(read_fields({"email": "a@x.com", "consent": "No"})).consent
    assert refused
    assert refused["granted"] is False
    assert _draft(read_fields({"email": "a@x.com"})).consent is None


def test_without_a_region_a_national_number_is_not_assumed_american() -> None:
    reading = read_fields({"email": "a@x.com", "phone": "617-555-0123"}, region=None)
    assert _draft(reading).phone_key is None
    assert _codes(reading) == [("phone", "phone_no_country")]


def test_a_whole_address_in_the_street_cell_is_parted() -> None:
    draft = _draft(_row({"Email": "a@x.com", "Street": "1 Elm St, Reno, NV 89501", "City": "", "State": ""}))
    assert (draft.street, draft.city, draft.state, draft.zip_code) == ("1 Elm St", "Reno", "NV", "89501")


_NEAR = st.text("0123456789-/.,:+()@ $€%'\"=<>#&;|xXkKeEmM\nóé", max_size=60)


@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), st.text(max_size=60) | _NEAR | st.just("9" * 1990)))
def test_any_input_is_read_without_an_exception_and_unread_text_is_kept(values: dict[str, str]) -> None:
    reading = read_fields(values)
    assert (reading.draft is None) == bool(reading.errors)
    if reading.draft and values.get("other", "").strip():
        assert reading.draft.extras["other"] == values["other"]
