"""Signing in and out, and one's own password."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.auth import issue_token
from api.dependencies import Provided, SignedIn
from api.guarded import GuardedRoute, OpenRoute
from api.problems import problem_answers
from domain.access.passwords import LONGEST
from services.access import sign_in
from services.container import Services

router = APIRouter(prefix="/auth", tags=["access"])
_open = APIRouter(route_class=OpenRoute)
_own = APIRouter(route_class=GuardedRoute)

_OPEN = problem_answers(400, 401, 413, 415, 422, 503)


class PasswordGrant(BaseModel):
    """Who signs in."""

    model_config = ConfigDict(extra="forbid")

    agency: str = Field(min_length=1, max_length=100, description="The agency's slug.")
    email: str = Field(min_length=1, max_length=254)
    password: str = Field(min_length=1, max_length=LONGEST)


class RefreshGrant(BaseModel):
    """A session, by its newest refresh token."""

    model_config = ConfigDict(extra="forbid")

    refresh_token: str = Field(min_length=1, max_length=200)


class PasswordChange(BaseModel):
    """A new password in place of one's own."""

    model_config = ConfigDict(extra="forbid")

    current_password: str = Field(min_length=1, max_length=LONGEST)
    new_password: str = Field(min_length=1, max_length=LONGEST, description="Twelve characters or more.")


class PasswordReset(BaseModel):
    """A new password by a one-time token from an administrator."""

    model_config = ConfigDict(extra="forbid")

    agency: str = Field(min_length=1, max_length=100, description="The agency's slug.")
    email: str = Field(min_length=1, max_length=254)
    once_token: str = Field(min_length=1, max_length=200)
    new_password: str = Field(min_length=1, max_length=LONGEST, description="Twelve characters or more.")


class Tokens(BaseModel):
    """What a session has: a token for a few minutes, and one that gets the next pair, once."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the word of RFC 6750
    expires_in: int = Field(description="Seconds that the access token is valid.")
    refresh_token: str
    refresh_expires_at: datetime


@_open.post("/token", responses=_OPEN)
async def get_token(services: Provided, body: PasswordGrant) -> Tokens:
    """Sign in with a password. After several failures it takes longer and longer to be heard again."""
    return _tokens(services, await services.access.sign_in.sign_in(body.agency, body.email, body.password))


@_open.post("/refresh", responses=_OPEN)
async def refresh_token(services: Provided, body: RefreshGrant) -> Tokens:
    """The next tokens of a session. A refresh token works once; when it comes again the session ends."""
    return _tokens(services, await services.access.sign_in.refresh(body.refresh_token))


@_open.post("/logout", status_code=204, responses=problem_answers(400, 413, 415, 422, 429, 503))
async def log_out(services: Provided, body: RefreshGrant) -> None:
    """End a session; its access tokens stop working within seconds. An unknown token is no error."""
    await services.access.sign_in.sign_out(body.refresh_token)


@_own.post("/password", status_code=204, responses=problem_answers(400, 401, 403, 409, 413, 415, 422, 503))
async def change_password(services: Provided, actor: SignedIn, body: PasswordChange) -> None:
    """Change one's own password. Every session ends, this one too: sign in again."""
    await services.access.people.change_own_password(actor, body.current_password, body.new_password)


@_open.post("/password/reset", status_code=204, responses=problem_answers(400, 401, 409, 413, 415, 422, 503))
async def reset_password(services: Provided, body: PasswordReset) -> None:
    """Set a password with the one-time token that an administrator handed over."""
    await services.access.people.set_password_once(body.agency, body.email, body.once_token, body.new_password)


router.include_router(_open)
router.include_router(_own)


def _tokens(services: Services, found: sign_in.SignedIn) -> Tokens:
    minutes = services.settings.access.access_minutes
    access = issue_token(services.settings, services.jwt_secret, found.actor, minutes, found.session)
    return Tokens(
        access_token=access, expires_in=60 * minutes, refresh_token=found.refresh_token,
        refresh_expires_at=found.refresh_expires_at,
    )  # fmt: skip
