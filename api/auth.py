"""Signed tokens (JWT, HS256) and API keys: who asks, for which agency, with which scopes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

import jwt
from starlette.datastructures import Headers

from domain.access.credentials import looks_like_key
from domain.actor import Actor, ActorKind, Scope
from domain.live import tickets as live
from domain.live.tickets import Pass
from kernel.clock import now
from kernel.errors import FieldError, Invalid, Unauthenticated
from kernel.ids import new_id
from kernel.settings import Settings
from services.access.standing import Session
from services.container import Services

ALGORITHM = "HS256"
LEEWAY_SECONDS = 10
API_KEY = "X-Api-Key"
_REQUIRED = ["iss", "sub", "agency", "kind", "scope", "exp", "iat", "jti"]
_SUBJECT = re.compile(r"[\x21-\x7e]{1,200}")
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/=-]+)", re.IGNORECASE)
_LONGEST_SOURCE = 100


@dataclass(frozen=True, slots=True)
class Verified:
    """What a token claims. With a session its owner may have been changed meanwhile; without one it is good until it expires."""

    actor: Actor
    session: Session | None


def issue_token(
    settings: Settings, secret: str, actor: Actor, minutes: int | None = None, session: Session | None = None
) -> str:
    """A token for ``actor``, good for ``minutes`` (the setting ``api.token_minutes`` where not given).

    Raises Invalid for a subject that :func:`verify_token` would refuse.
    """
    if not _SUBJECT.fullmatch(actor.subject):
        fault = FieldError(
            "subject", "malformed", "is not usable", "use 1 to 200 visible ASCII characters", actor.subject[:80]
        )
        raise Invalid("the subject of the token cannot be used", fields=(fault,))
    issued = now()
    lifetime = timedelta(minutes=settings.api.token_minutes if minutes is None else minutes)
    claims = {
        "iss": settings.api.jwt_issuer,
        "sub": actor.subject,
        "agency": str(actor.agency_id),
        "kind": actor.kind.value,
        "scope": " ".join(sorted(scope.value for scope in actor.scopes)),
        "iat": int(issued.timestamp()),
        "exp": int((issued + lifetime).timestamp()),
        "jti": str(new_id()),
    }
    if actor.producer_id is not None:
        claims["producer"] = str(actor.producer_id)
    if actor.source is not None:
        claims["source"] = actor.source
    if session is not None:
        claims |= {"sid": str(session.family), "ver": session.version}
    return jwt.encode(claims, secret, algorithm=ALGORITHM, headers={"kid": key_id(secret)})


def key_id(secret: str) -> str:
    """The name under which tokens say which secret signed them; it tells nothing of the secret."""
    return hashlib.sha256(b"leadwright kid\0" + secret.encode()).hexdigest()[:12]


async def actor_of(headers: Headers, services: Services) -> Actor:
    """The actor behind the request's token or API key. Raises Unauthenticated unless exactly one of them holds."""
    tokens, keys = headers.getlist("authorization"), headers.getlist(API_KEY)
    if len(tokens) + len(keys) > 1:
        raise Unauthenticated(f"send one Authorization header, or one {API_KEY}")
    if keys:
        return await services.access.standings.of_key(keys[0].strip())
    if not tokens:
        raise Unauthenticated("send a token or an API key in the Authorization header: Bearer <token>")
    sent = _BEARER.fullmatch(tokens[0].strip())
    if sent is None:
        raise Unauthenticated("the Authorization header must be one Bearer token")
    if looks_like_key(sent.group(1)):
        return await services.access.standings.of_key(sent.group(1))
    verified = verify_token(sent.group(1), services.settings, services.jwt_secret)
    if verified.session is None:
        return verified.actor
    return await services.access.standings.of_session(verified.actor, verified.session)


def pass_of(headers: Headers, actor: Actor, services: Services) -> Pass:
    """The same for a connection that outlives the request: what the credential that :func:`actor_of` has taken hangs on."""
    text = headers.get(API_KEY, "").strip() or headers["authorization"].strip().split()[-1]
    if looks_like_key(text):
        return Pass(actor, key_id=actor.subject.removeprefix("key:"))
    secrets = _secrets(services.settings, services.jwt_secret)
    times, verified = _signed(text, secrets, services.settings.api.jwt_issuer)
    expires_at = datetime.fromtimestamp(times["exp"], UTC)
    held = verified.session
    session = None if held is None else live.Session(held.person_id, held.family, held.version)
    return Pass(actor, expires_at, session)


def verify_token(token: str, settings: Settings, secret: str) -> Verified:
    """What the token claims. Raises Unauthenticated, without saying more than the caller needs to get a new one.

    ``secret`` and the setting ``api.jwt_previous_secrets`` verify; the token names which. The algorithm is ours, whatever the
    token's header says. Times are compared with kernel.clock.
    """
    try:
        times, verified = _signed(token, _secrets(settings, secret), settings.api.jwt_issuer)
        _check_times(times)
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as refusal:
        raise Unauthenticated("the token does not hold; get a new one") from refusal
    return verified


def _secrets(settings: Settings, secret: str) -> tuple[str, ...]:
    return (secret, *(one.get_secret_value() for one in settings.api.jwt_previous_secrets))


@lru_cache(maxsize=4096)
def _signed(token: str, secrets: tuple[str, ...], issuer: str) -> tuple[Mapping[str, Any], Verified]:
    """The times that the token states, which are compared at every use, and what it claims. Signed once means signed for ever."""
    claims = jwt.decode(
        token,
        _signer(token, secrets),
        algorithms=[ALGORITHM],
        issuer=issuer,
        options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
    )
    times: dict[str, Any] = {name: claims[name] for name in ("iat", "exp", "nbf") if name in claims}
    return MappingProxyType(times), Verified(_actor(claims), _session(claims))


def _signer(token: str, secrets: Sequence[str]) -> str:
    """The secret that the token names; the present one for a token that names none."""
    name = jwt.get_unverified_header(token).get("kid")
    return next((secret for secret in secrets if key_id(secret) == name), secrets[0])


def _check_times(claims: Mapping[str, Any]) -> None:
    moment = now().timestamp()
    for name in ("iat", "exp", "nbf"):
        if name in claims and type(claims[name]) is not int:
            raise ValueError(name)
    if claims["exp"] <= moment - LEEWAY_SECONDS:
        raise Unauthenticated("the token has expired; get a new one")
    if max(claims["iat"], claims.get("nbf", 0)) > moment + LEEWAY_SECONDS:
        raise ValueError("iat")


def _actor(claims: dict[str, Any]) -> Actor:
    """Scopes this version does not know grant nothing; an unknown kind refuses the token."""
    source = claims.get("source")
    if not _SUBJECT.fullmatch(claims["sub"]):
        raise ValueError("sub")
    if source is not None and not 0 < len(source) <= _LONGEST_SOURCE:
        raise ValueError("source")
    known = {scope.value: scope for scope in Scope}
    scopes = frozenset(known[word] for word in claims["scope"].split(" ") if word in known)
    producer_id = UUID(claims["producer"]) if "producer" in claims else None
    kind = ActorKind(claims["kind"])
    return Actor(UUID(claims["agency"]), kind, claims["sub"], scopes, producer_id=producer_id, source=source)


def _session(claims: dict[str, Any]) -> Session | None:
    if "sid" not in claims and "ver" not in claims:
        return None
    kind, _, person_id = claims["sub"].partition(":")
    if kind != "person" or type(claims.get("ver")) is not int or "sid" not in claims:
        raise ValueError("sid")
    return Session(UUID(person_id), UUID(claims["sid"]), claims["ver"])
