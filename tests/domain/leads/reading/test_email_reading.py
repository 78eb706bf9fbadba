"""T66: e-mail addresses."""

import pytest

from domain.leads.reading.email import read_email, read_emails


def test_the_plus_tag_is_kept_for_sending_and_left_out_of_the_key() -> None:
    email = read_email("a+b@x.com")
    assert email
    assert (email.address, email.key) == ("a+b@x.com", "a@x.com")


def test_the_domain_is_lower_case_and_the_local_part_as_typed() -> None:
    email = read_email("SARAH.Johnson@COMPANY.COM")
    assert email
    assert (email.address, email.key) == ("SARAH.Johnson@company.com", "sarah.johnson@company.com")


def test_an_international_domain_is_written_in_idna() -> None:
    email = read_email("José@EXÄMPLE.com")
    assert email
    assert email.address == "José@xn--exmple-cua.com"


@pytest.mark.parametrize("text", ["a@email.example", "a@x.test", "a@x.invalid", "o'neil@x.com", "a/b@x.com"])
def test_reserved_and_unusual_addresses_are_accepted(text: str) -> None:
    email = read_email(text)
    assert email
    assert email.address == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("david..lee@email.example", "email_invalid"),
        ("maria.lopez@@company.com", "email_invalid"),
        ("maria@garcia", "email_missing_domain_end"),
        ("jessica white@email.example", "email_broken"),
        ("@x.com", "email_invalid"),
    ],
)
def test_a_broken_address_is_no_address_and_says_why(text: str, code: str) -> None:
    reading = read_emails(text)
    assert (reading.emails, reading.problem) == ((), code)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("sarah@example.com second@mail.example", ["sarah@example.com", "second@mail.example"]),
        ("bob1@example.com, bob2@test.com / Ph: 9876543210, 1234567890", ["bob1@example.com", "bob2@test.com"]),
        ("alice@corp.com +18005559999", ["alice@corp.com"]),
        ("Bob Smith <bob@x.com>, c@y.com", ["bob@x.com", "c@y.com"]),
        ("E-mail:bob@x.com", ["bob@x.com"]),
        ("mailto:bob@x.com", ["bob@x.com"]),
        ("a@x.com/b@y.com", ["a@x.com", "b@y.com"]),
        ("Bob Smith bob.smith@x.com", ["bob.smith@x.com"]),
        ("reach me at bob@x.com.", ["bob@x.com"]),
        ("bob@x.com; BOB@x.com", ["bob@x.com"]),
        ("no contact details provided", []),
    ],
)
def test_every_address_of_a_cell_is_found_once_and_in_order(text: str, addresses: list[str]) -> None:
    reading = read_emails(text)
    assert [email.address for email in reading.emails] == addresses
    assert reading.problem is None


def test_one_bad_address_does_not_hide_a_good_one() -> None:
    reading = read_emails("bad@@x.com, good@x.com")
    assert reading.primary
    assert (reading.primary.address, reading.problem, reading.rest) == ("good@x.com", "email_invalid", "bad@@x.com")
