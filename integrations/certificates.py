"""Claiming consent certificates: the port, the twin without a key, and TrustedForm's API 4.0."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Any, Protocol

import httpx

from domain.consent.certificates import OFFICIAL_HOSTS, Certificate, Claim, Outcome, read_claim
from kernel.errors import Unavailable
from kernel.settings import CertificateSettings

_LONGEST_ANSWER = 1_000_000
_FINAL = {
    HTTPStatus.BAD_REQUEST: (Outcome.REFUSED, "the vendor could not read the request"),
    HTTPStatus.NOT_FOUND: (Outcome.NOT_FOUND, "the certificate has expired or does not exist"),
    HTTPStatus.METHOD_NOT_ALLOWED: (Outcome.REFUSED, "the certificate is one for trying out, and cannot be claimed"),
    HTTPStatus.UNPROCESSABLE_ENTITY: (Outcome.REFUSED, "the vendor does not accept the request"),
}


class Claimer(Protocol):
    """Claims certificates."""

    async def claim(self, certificate: Certificate, email: str | None, phone: str | None, reference: str) -> Claim:
        """Claim for the lead ``reference``, to be matched by ``email`` and ``phone`` (E.164). Raises Unavailable where
        trying again may help.
        """
        ...


class NoClaimer:
    """No key is set: nothing is asked, and the lead says so."""

    async def claim(self, certificate: Certificate, email: str | None, phone: str | None, reference: str) -> Claim:
        """Not claimed."""
        del certificate, email, phone, reference
        return Claim(Outcome.NOT_CLAIMED, "not claimed: no key of the vendor is set")


class TrustedForm:
    """POST to the certificate's own address, with hashes instead of the address and number (SHA-1, as the vendor keeps them)."""

    def __init__(self, client: httpx.AsyncClient, key: str, timeout: float) -> None:
        self._client = client
        self._auth = httpx.BasicAuth("API", key)
        self._timeout = timeout

    async def claim(self, certificate: Certificate, email: str | None, phone: str | None, reference: str) -> Claim:
        """Match and retain in one request; never to another host, and never along a redirect."""
        if OFFICIAL_HOSTS.get(certificate.host) != "trustedform":
            msg = f"{certificate.host} is not the vendor's host"
            raise ValueError(msg)
        wanted = {
            name: value for name, value in (("email", hashed(email)), ("phone", hashed(national(phone)))) if value
        }
        body = {"match_lead": wanted, "retain": {"reference": reference}}
        try:
            answer = await self._client.post(
                certificate.url, json=body, auth=self._auth, timeout=self._timeout, follow_redirects=False,
                headers={"Api-Version": "4.0", "Accept": "application/json"},
            )  # fmt: skip
        except httpx.HTTPError as problem:
            raise Unavailable("the certificate's vendor does not answer") from problem
        return _read(answer)


def hashed(text: str | None) -> str | None:
    """SHA-1 in hex of the text in lower case, which is how the vendor normalises an e-mail address."""
    return hashlib.sha1(text.lower().encode(), usedforsecurity=False).hexdigest() if text else None


def national(phone: str | None) -> str | None:
    """The ten digits that a person in the US types into a form; other countries' numbers with their code."""
    if phone is None:
        return None
    digits = phone.removeprefix("+")
    return digits[1:] if phone.startswith("+1") else digits


def claimer_of(settings: CertificateSettings, client: httpx.AsyncClient) -> Claimer:
    """TrustedForm where its key is set."""
    key = settings.trustedform_key
    return TrustedForm(client, key.get_secret_value(), settings.timeout_seconds) if key else NoClaimer()


def _read(answer: httpx.Response) -> Claim:
    if answer.status_code in _FINAL:
        outcome, words = _FINAL[HTTPStatus(answer.status_code)]
        return Claim(outcome, words)
    if answer.is_redirect:
        return Claim(Outcome.REFUSED, "the vendor's host sent us elsewhere, where our key must not go")
    if answer.status_code != HTTPStatus.OK:
        # 401, 402, 403 and 429 speak of our account, 5xx of theirs: the certificate may well be claimed later.
        raise Unavailable(f"the certificate's vendor answered {answer.status_code}")
    try:
        body: Any = answer.json() if len(answer.content) <= _LONGEST_ANSWER else None
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Unavailable("the certificate's vendor answered something unreadable")
    return read_claim(body)
