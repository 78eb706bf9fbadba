"""A plus in a form is a space by the standard, and stays a plus where a space cannot be (DOMAIN T66)."""

import pytest

from domain.leads.reading.web_form import fields_of, read_form
from kernel.errors import Invalid


@pytest.mark.parametrize(
    ("body", "name", "text"),
    [
        (b"email=a%2Bb%40x.com", "email", "a+b@x.com"),
        (b"email=a+b%40x.com", "email", "a+b@x.com"),
        (b"email=a+b@x.com", "email", "a+b@x.com"),
        (b"email=+a%40x.com", "email", " a@x.com"),
        (b"email=Ann+Lee+%3Ca%40x.com%3E", "email", "Ann Lee <a@x.com>"),
        (b"message=a+b%40x.com", "message", "a b@x.com"),
        (b"message=1+%2B+1", "message", "1 + 1"),
        (b"phone=%2B1+312+555+0142", "phone", "+1 312 555 0142"),
        (b"phone=+13125550142", "phone", "+13125550142"),
        (b"phone=+44+20+7946+0958", "phone", "+44 20 7946 0958"),
        (b"phone=312+555+0142", "phone", "312 555 0142"),
        (b"full_name=Ana+Ru%C3%ADz", "full_name", "Ana Ruíz"),
    ],
)
def test_plus(body: bytes, name: str, text: str) -> None:
    assert fields_of(read_form(body), {})[name] == text


def test_what_a_source_calls_its_email_field_keeps_the_plus_too() -> None:
    assert fields_of(read_form(b"mail=a+b%40x.com"), {"mail": "email"}) == {"mail": "a+b@x.com"}


def test_empty_parts_repeated_names_and_values_without_a_sign() -> None:
    assert fields_of(read_form(b"&a=1&&a=2&b&c="), {}) == {"a": "1, 2", "b": "", "c": ""}


@pytest.mark.parametrize("body", [b"a=%FF", b"a=%00", b"&".join([b"a=1"] * 301)])
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        read_form(body)
