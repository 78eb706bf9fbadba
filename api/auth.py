"""Signed tokens (JWT, HS256): who asks, for which agency, with which scopes. Signing in itself is not this door's work."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt

from domain.actor import Actor, ActorKind, Scope
from kernel.clock import now
from kernel.errors import FieldError, Invalid, Unauthenticated
from kernel.ids import new_id
from kernel.settings import Settings

ALGORITHM = "HS256"
LEEWAY_SECONDS = 10
_REQUIRED = ["iss", "sub", "agency", "kind", "scope", "exp", "iat", "jti"]
_SUBJECT = re.compile(r"[\x21-\x7e]{1,200}")
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/=-]+)", re.IGNORECASE)


def issue_token(settings: Settings, secret: str, actor: Actor, minutes: int | None = None) -> str:
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
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def actor_of(authorization: list[str], settings: Settings, secret: str) -> Actor:
    """The actor behind the request's ``Authorization`` headers. Raises Unauthenticated unless exactly one token holds."""
    if not authorization:
        raise Unauthenticated("send a token in the Authorization header: Bearer <token>")
    sent = _BEARER.fullmatch(authorization[0].strip())
    if sent is None or len(authorization) > 1:
        raise Unauthenticated("the Authorization header must be one Bearer token")
    return verify_token(sent.group(1), settings, secret)


def verify_token(token: str, settings: Settings, secret: str) -> Actor:
    """The actor that the token names. Raises Unauthenticated, without saying more than the caller needs to get a new one.

    The algorithm is ours, whatever the token's header says. Times are compared with kernel.clock.
    """
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            issuer=settings.api.jwt_issuer,
            options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        _check_times(claims)
        return _actor(claims)
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as refusal:
        raise Unauthenticated("the token does not hold; get a new one") from refusal


def _check_times(claims: dict[str, Any]) -> None:
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
    if not _SUBJECT.fullmatch(claims["sub"]):
        raise ValueError("sub")
    known = {scope.value: scope for scope in Scope}
    scopes = frozenset(known[word] for word in claims["scope"].split(" ") if word in known)
    return Actor(UUID(claims["agency"]), ActorKind(claims["kind"]), claims["sub"], scopes)
