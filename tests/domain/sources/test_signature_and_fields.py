"""Signatures over raw bytes, names of fields, and what a ping may say."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from domain.sources.mapping import flattened, mapped, take_certificate
from domain.sources.pings import PingFacts, differences, require_anonymous
from domain.sources.signature import holds, read_signature
from kernel.errors import Invalid

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
T = str(int(NOW.timestamp()))
BODY = b'{"num": 1.0}'


def sign(secret: bytes, body: bytes = BODY, at: str = T) -> str:
    return hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()


def accepts(header: str, *secrets: bytes, body: bytes = BODY) -> bool:
    signature = read_signature(header)
    return signature is not None and holds(signature, secrets, body, NOW, 300)


def test_the_bytes_as_they_came_are_what_is_signed() -> None:
    """DOMAIN T71: the same value spelled otherwise is another body."""
    header = f"t={T},v1={sign(b'one')}"
    assert accepts(header, b"one")
    assert not accepts(header, b"one", body=b'{"num": 1}')
    assert not accepts(header, b"one", body=b'{"num":1.0}')


def test_any_secret_in_force_and_any_of_several_macs() -> None:
    header = f"t={T}, v1={sign(b'old')}, v1={sign(b'new')}"
    assert accepts(header, b"new")
    assert accepts(f"t={T},v1={sign(b'old')}", b"new", b"old")
    assert not accepts(header, b"third")
    assert not accepts(header)


@pytest.mark.parametrize(("seconds", "in_time"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)])
def test_the_time_may_differ_by_five_minutes_either_way(seconds: int, in_time: bool) -> None:
    at = str(int(T) + seconds)
    assert accepts(f"t={at},v1={sign(b'one', at=at)}", b"one") is in_time


@pytest.mark.parametrize(
    "header",
    ["", "t=1", f"v1={'0' * 64}", f"t={T},v1=abc", f"t={T},t={T},v1={'0' * 64}", f"t=x,v1={'0' * 64}",
     f"t=-1,v1={'0' * 64}", f"t={T};v1={'0' * 64}", f"t=١٢,v1={'0' * 64}", f"t={T}," + f"v1={'0' * 64}," * 11],
)  # fmt: skip
def test_other_headers_are_no_signature(header: str) -> None:
    assert read_signature(header) is None


def test_json_becomes_flat_texts() -> None:
    value = {
        "contact": {"email": "a@x.com", "ok": True},
        "num": 1.0,
        "tags": ["a", 2],
        "cars": [{"make": "Kia"}],
        "no": None,
    }
    assert flattened(value) == {
        "contact.email": "a@x.com", "contact.ok": "yes", "num": "1.0", "tags": "a, 2", "cars.0.make": "Kia",
    }  # fmt: skip


def test_json_too_deep_or_too_wide_is_refused() -> None:
    deep: dict[str, object] = {}
    for _ in range(8):
        deep = {"a": deep}
    deep_with_leaf = {"a": {"a": {"a": {"a": {"a": {"a": {"a": "x"}}}}}}}
    for value in (deep, deep_with_leaf, {f"f{n}": "x" for n in range(400)}):
        with pytest.raises(Invalid, match="more fields"):
            flattened(value)


def test_names_are_mapped_and_others_kept() -> None:
    fields = {"ph": "1", "contact.email": "a@x.com", "colour": "red", "phone": "2"}
    assert mapped(fields, {"ph": "phone", "contact.email": "email"}) == {
        "phone": "1", "email": "a@x.com", "colour": "red",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["certificate_url", "xxTrustedFormCertUrl", "meta.trusted_form_cert_url"])
def test_the_certificate_is_found_under_its_usual_names(name: str) -> None:
    fields = {name: " https://cert.trustedform.com/abc ", "email": "a@x.com"}
    assert take_certificate(fields) == "https://cert.trustedform.com/abc"
    assert fields == {"email": "a@x.com"}


def test_a_ping_names_nobody() -> None:
    require_anonymous({"state": "TX", "zip": "75201", "age": "44", "email": " "})
    with pytest.raises(Invalid) as refused:
        require_anonymous({"state": "TX", "email": "a@x.com", "nickname": "Bob"})
    assert {one.field: one.code for one in refused.value.fields} == {
        "email": "identity_in_ping", "nickname": "unknown",
    }  # fmt: skip


def test_the_post_is_what_was_pinged() -> None:
    pinged = PingFacts(("TX",), ("auto",), "75201")
    assert differences(pinged, PingFacts(("TX",), ("auto",), "75201-1234")) == ()
    assert [one.field for one in differences(pinged, PingFacts(("OK",), ("auto",), "75201"))] == ["state"]
    assert [one.field for one in differences(pinged, PingFacts(("TX",), (), None))] == ["line", "zip"]
    unsaid = PingFacts((), (), None)
    assert differences(unsaid, pinged) == ()
    # A ZIP that crosses a line left two states open; the post may say which.
    assert differences(PingFacts(("AR", "TX"), (), None), PingFacts(("TX",), (), None)) == ()
