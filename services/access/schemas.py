"""Commands and views of access: what the API and the command line share."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.access.roles import Role
from domain.actor import Scope


class PersonIn(BaseModel):
    """Somebody who is to sign in."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(min_length=3, max_length=254, description="What they sign in with.")
    name: str = Field(min_length=1, max_length=200)
    role: Role = Field(description="admin, manager or producer.")
    producer_id: UUID | None = Field(None, description="For a producer: whose leads they see.")


class PersonChange(BaseModel):
    """What to change; parts left out stay."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, min_length=1, max_length=200)
    role: Role | None = Field(None, description="admin, manager or producer.")
    producer_id: UUID | None = Field(None, description="For a producer: whose leads they see.")
    active: bool | None = Field(None, description="false signs them out everywhere and keeps them out.")


class PersonView(BaseModel):
    """A person, without anything secret."""

    id: UUID
    email: str
    name: str
    role: Role
    producer_id: UUID | None
    active: bool
    has_password: bool
    created_at: datetime


class PersonInvited(PersonView):
    """A person with the token that sets their password, once. It is not shown again."""

    once_token: str | None = None
    once_expires_at: datetime | None = None


class OnceToken(BaseModel):
    """A token that sets a new password, once."""

    once_token: str
    once_expires_at: datetime


class PersonPage(BaseModel):
    """People in the order they were added."""

    items: list[PersonView]
    next_cursor: UUID | None


class KeyIn(BaseModel):
    """A key for a program."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, description="Which program has it.")
    role: Role = Field(Role.PARTNER, description="partner or system.")
    scopes: list[Scope] | None = Field(
        None, min_length=1, max_length=20,
        description="What it may do. A partner's may be left out and are then all of the role.",
    )  # fmt: skip
    source: str | None = Field(
        None, min_length=1, max_length=100,
        description="For a partner: the source that its leads carry, and whose leads it sees.",
    )  # fmt: skip
    expires_at: AwareDatetime | None = Field(None, description="When it stops working; without it, never.")


class KeyRotation(BaseModel):
    """How to replace a key."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: int | None = Field(
        None, ge=0, le=720, description="Hours that the old key stays valid; the setting decides when left out."
    )


class KeyView(BaseModel):
    """A key, without its secret. ``prefix`` is how it begins."""

    id: UUID
    prefix: str
    name: str
    role: Role
    scopes: list[Scope]
    source: str | None
    created_by: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


class KeyMade(KeyView):
    """A new key. The secret is not shown again."""

    key: str


class KeyPage(BaseModel):
    """Keys in the order they were made."""

    items: list[KeyView]
    next_cursor: UUID | None


class AuditEntry(BaseModel):
    """Something that was done, or refused."""

    id: UUID
    at: datetime
    actor: str
    action: str
    subject_kind: str
    subject_id: str | None
    outcome: str
    detail: dict[str, Any]
    address: str | None
    request_id: str | None


class AuditPage(BaseModel):
    """Entries, newest first."""

    items: list[AuditEntry]
    next_cursor: UUID | None
