"""Only the official host is ever asked, and what an answer means (DOMAIN T19)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.consent.certificates import Outcome, claim_until, read_certificate, read_claim
from domain.consent.evidence import given_consent
from kernel.errors import Invalid

ID = "eb9fc4dd9bed9ad451a5648946cf4bf09b5bb947"


@pytest.mark.parametrize(
    "text",
    [
        f"https://cert.trustedform.com/{ID}",
        f" https://CERT.TrustedForm.COM/{ID}/ ",
        f"HTTPS://cert.trustedform.com/{ID}",
    ],
)
def test_certificates_at_the_official_host(text: str) -> None:
    found = read_certificate(text)
    assert (found.vendor, found.url) == ("trustedform", f"https://cert.trustedform.com/{ID}")


@pytest.mark.parametrize(
    "text",
    [
        "", "cert.trustedform.com/abc", f"http://cert.trustedform.com/{ID}", f"https://cert.trustedform.com.evil.io/{ID}",
        f"https://evil.io/cert.trustedform.com/{ID}", f"https://cert.trustedform.com@evil.io/{ID}",
        f"https://user:pw@cert.trustedform.com/{ID}", f"https://cert.trustedform.com:443/{ID}",
        f"https://cert.trustedform.com:8443/{ID}", f"https://cert.trustedform.com./{ID}", f"https://trustedform.com/{ID}",
        f"https://acert.trustedform.com/{ID}", f"https://cert.trustedform.com/{ID}?x=1", f"https://cert.trustedform.com/{ID}#x",
        "https://cert.trustedform.com/", "https://cert.trustedform.com/..", "https://cert.trustedform.com/a/b",
        f"https://cert.trustedform.com\\@evil.io/{ID}", f"https://xn--crt-mla.trustedform.com/{ID}",
        f"https://сert.trustedform.com/{ID}", f"https://cert。trustedform.com/{ID}", f"https://cert.trustedform.com/{ID}\n.io",
        f"https:cert.trustedform.com/{ID}", f"//cert.trustedform.com/{ID}", f"https://cert%2etrustedform.com/{ID}",
        f"https://cert.trustedform.com/{'a' * 256}", f"javascript://cert.trustedform.com/{ID}",
        f"https://cert.truſtedform.com/{ID}",
    ],
)  # fmt: skip
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_certificate(text)
    assert refused.value.fields[0].code == "not_official"


def test_time_to_claim() -> None:
    made = datetime(2026, 3, 7, 12, tzinfo=UTC)
    assert claim_until(made) == made + timedelta(hours=72)
    assert claim_until(made, submit_seen=True) == made + timedelta(days=90)


def answer(email: object = True, phone: object = True, outcome: str = "success", **results: object) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "match_lead": {"result": {"success": True, "email_match": email, "phone_match": phone}},
        "retain": {"results": {"expires_at": "2027-01-01T00:00:00Z", "previously_retained": False} | results},
    }


@pytest.mark.parametrize(
    ("body", "outcome", "resold"),
    [
        (answer(), Outcome.CLAIMED, False),
        (answer(email=False), Outcome.CLAIMED, False),
        (answer(email=None, phone="true"), Outcome.CLAIMED, False),
        (answer(email=False, phone=False), Outcome.MISMATCH, False),
        (answer(email=None, phone=None), Outcome.MISMATCH, False),
        (answer(email=1, phone=[]), Outcome.MISMATCH, False),
        (answer(previously_retained=True), Outcome.CLAIMED, True),
        (answer(previously_retained="true"), Outcome.CLAIMED, True),
        (answer(outcome="failure"), Outcome.REFUSED, False),
        ({"outcome": "success"}, Outcome.MISMATCH, False),
        ({**answer(), "retain": {}}, Outcome.REFUSED, False),
        ({}, Outcome.MISMATCH, False),
    ],
)
def test_what_an_answer_means(body: dict[str, Any], outcome: Outcome, resold: bool) -> None:
    claim = read_claim(body)
    assert (claim.outcome, claim.resold) == (outcome, resold)


def test_evidence_names_only_sellers_that_the_words_name() -> None:
    at = datetime.fromisoformat("2026-03-01T09:30:00-06:00")
    held = given_consent(
        "I agree that Acme  Agency may call me.", at, zone="America/Chicago", page_url="https://q.example/form",
        ip="203.0.113.7", sellers=("Acme Agency", "Other Agency"),
    )  # fmt: skip
    assert held["sellers"] == ["Acme Agency"]
    assert held["at"] == "2026-03-01T15:30:00+00:00"
    assert len(held["text_hash"]) == 64
