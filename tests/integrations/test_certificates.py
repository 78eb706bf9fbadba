"""The vendor of certificates as it answers, and as it does not."""

import json

import httpx
import pytest
import respx

from domain.consent.certificates import Certificate, Outcome, read_certificate
from integrations.certificates import NoClaimer, TrustedForm, hashed, national
from kernel.errors import Unavailable

URL = "https://cert.trustedform.com/eb9fc4dd9bed9ad451a5648946cf4bf09b5bb947"
GOOD = {
    "outcome": "success", "match_lead": {"result": {"success": True, "email_match": True, "phone_match": False}},
    "retain": {"results": {"expires_at": "2027-01-01T00:00:00Z", "previously_retained": False}},
}  # fmt: skip


async def claim(answer: httpx.Response | Exception) -> tuple[Outcome, bool]:
    with respx.mock(assert_all_called=True) as vendor:
        route = vendor.post(URL)
        route.side_effect = [answer]
        async with httpx.AsyncClient() as client:
            found = await TrustedForm(client, "key", 1.0).claim(
                read_certificate(URL), "Ana@Example.com", "+13125550142", "lead-1"
            )
        request = route.calls.last.request
    assert json.loads(request.content) == {
        "match_lead": {"email": hashed("ana@example.com"), "phone": hashed("3125550142")}, "retain": {"reference": "lead-1"},
    }  # fmt: skip
    assert request.headers["Authorization"] == "Basic QVBJOmtleQ=="
    assert request.headers["Api-Version"] == "4.0"
    return found.outcome, found.resold


async def test_a_good_answer() -> None:
    assert await claim(httpx.Response(200, json=GOOD)) == (Outcome.CLAIMED, False)


async def test_a_resale() -> None:
    resold = GOOD | {"retain": {"results": {"previously_retained": True}}}
    assert await claim(httpx.Response(200, json=resold)) == (Outcome.CLAIMED, True)


async def test_a_mismatch() -> None:
    other = GOOD | {"match_lead": {"result": {"success": False, "email_match": False, "phone_match": False}}}
    assert await claim(httpx.Response(200, json=other)) == (Outcome.MISMATCH, False)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(400, Outcome.REFUSED), (404, Outcome.NOT_FOUND), (405, Outcome.REFUSED), (422, Outcome.REFUSED)],
)
async def test_final_answers(status: int, outcome: Outcome) -> None:
    assert await claim(httpx.Response(status)) == (outcome, False)


async def test_a_redirect_is_not_followed() -> None:
    elsewhere = httpx.Response(307, headers={"Location": "https://evil.example/"})
    assert await claim(elsewhere) == (Outcome.REFUSED, False)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500), httpx.Response(503), httpx.Response(429), httpx.Response(401), httpx.Response(402),
        httpx.Response(200, text="hello"), httpx.Response(200, json=[]), httpx.ReadTimeout("slow"),
        httpx.ConnectError("away"), httpx.RemoteProtocolError("closed early"),
    ],
)  # fmt: skip
async def test_what_may_pass_is_tried_again(answer: httpx.Response | Exception) -> None:
    with pytest.raises(Unavailable):
        await claim(answer)


async def test_no_other_host_is_ever_asked() -> None:
    with respx.mock(assert_all_called=False) as anywhere:
        anywhere.route().mock(return_value=httpx.Response(200, json=GOOD))
        async with httpx.AsyncClient() as client:
            with pytest.raises(ValueError, match="not the vendor's host"):
                await TrustedForm(client, "key", 1.0).claim(
                    Certificate("trustedform", "cert.trustedform.com.evil.io", "abc"), None, None, "lead-1"
                )
        assert not anywhere.calls


async def test_without_a_key_nothing_is_claimed() -> None:
    found = await NoClaimer().claim(read_certificate(URL), "a@x.com", None, "lead-1")
    assert (found.outcome, found.words) == (Outcome.NOT_CLAIMED, "not claimed: no key of the vendor is set")


def test_numbers_as_people_type_them() -> None:
    assert (national("+13125550142"), national("+442079460958"), national(None)) == ("3125550142", "442079460958", None)
