"""Shapes of messages, templates, wishes and devices that the API and the command line share."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.messages.kinds import Channel, Purpose
from domain.messages.life import State
from domain.messages.preferences import Preferences
from domain.messages.words import LONGEST
from store.sql.models import MessageRow

_STRICT = ConfigDict(extra="forbid")


class StepView(BaseModel):
    """A state with its time; ``code`` says why."""

    state: State
    at: datetime
    code: str | None = None


class MessageView(BaseModel):
    """One message of the ledger, without its words and its address."""

    id: UUID
    lead_id: UUID | None
    producer_id: UUID | None
    person_id: UUID | None
    template: str
    template_version: int | None = Field(description="0 for the words as shipped; null before the first attempt.")
    language: str | None
    channel: Channel
    purpose: Purpose
    state: State
    code: str | None = Field(description="Why it is held, suppressed, bounced or given up, as one word.")
    steps: list[StepView]
    attempts: int
    due_at: datetime
    created_at: datetime
    sent_at: datetime | None
    provider: str | None
    provider_id: str | None
    price: Decimal | None = Field(description="What the vendor said it costs; null where it said nothing.")
    currency: str | None
    segments: int | None = Field(description="Parts that a carrier bills; of SMS alone.")


class MessagePage(BaseModel):
    """A page of messages, newest first; ``next_cursor`` is null on the last one."""

    items: list[MessageView]
    next_cursor: int | None


def message_view(row: MessageRow) -> MessageView:
    """The row as it is shown."""
    return MessageView.model_validate(row, from_attributes=True)


class WordsIn(BaseModel):
    """An agency's own words of one kind in one language."""

    model_config = _STRICT

    subject: str = Field(max_length=LONGEST["subject"], description="Of an e-mail, and the title of a push.")
    text: str = Field(max_length=LONGEST["text"], description="Of an e-mail.")
    short: str = Field(max_length=LONGEST["short"], description="Of an SMS and a push.")
    html: str | None = Field(None, max_length=LONGEST["html"], description="Of an e-mail; null makes it from text.")


class TemplateView(BaseModel):
    """Words in force. Version 0 are those shipped."""

    name: str
    language: str
    version: int
    purpose: Purpose
    channels: list[Channel]
    variables: list[str]
    words: WordsIn
    created_by: str | None = None
    created_at: datetime | None = None


class TemplateList(BaseModel):
    """Words in force of every kind and language."""

    items: list[TemplateView]


class PreviewIn(BaseModel):
    """What to preview: these words, or those in force; with these values, or with sample data."""

    model_config = _STRICT

    words: WordsIn | None = None
    values: dict[str, str] = Field(default_factory=dict, max_length=50)


class Preview(BaseModel):
    """Words filled with values."""

    name: str
    language: str
    subject: str
    text: str
    html: str
    short: str
    sms_encoding: str
    sms_segments: int


class WishesIn(BaseModel):
    """How a producer wants to be told."""

    model_config = _STRICT

    channels: list[Channel] = Field(
        default=[Channel.PUSH, Channel.EMAIL], max_length=3, description="Each of these is used."
    )
    by_kind: dict[str, list[Channel]] = Field(
        default_factory=dict, max_length=50, description="Other ways for one kind of message; an empty list is none."
    )
    quiet_from: time | None = Field(None, description="On the producer's own clock; what is not urgent waits.")
    quiet_until: time | None = None
    on_shift: bool = Field(default=False, description="Keep what is not urgent until the next shift.")
    language: str | None = Field(None, pattern=r"^[a-z]{2}$")

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_until is None):
            msg = "name quiet_from and quiet_until, or neither"
            raise ValueError(msg)
        if any(one is not None and one.tzinfo is not None for one in (self.quiet_from, self.quiet_until)):
            msg = "quiet hours are times of the producer's own clock; leave out the offset"
            raise ValueError(msg)
        return self

    def preferences(self) -> Preferences:
        """The same for the domain."""
        return Preferences(
            channels=tuple(dict.fromkeys(self.channels)),
            by_kind={name: tuple(dict.fromkeys(ways)) for name, ways in self.by_kind.items()},
            quiet_from=self.quiet_from, quiet_until=self.quiet_until, on_shift=self.on_shift, language=self.language,
        )  # fmt: skip


class WishesView(WishesIn):
    """What a producer wishes; version 0 are the defaults."""

    model_config = ConfigDict(extra="ignore")

    producer_id: UUID
    version: int


class DeviceKeys(BaseModel):
    """The keys that the browser made."""

    model_config = _STRICT

    p256dh: str = Field(max_length=200)
    auth: str = Field(max_length=100)


class DeviceIn(BaseModel):
    """A browser's push subscription, as ``PushSubscription.toJSON()`` gives it."""

    model_config = _STRICT

    endpoint: str = Field(min_length=1, max_length=2_000)
    keys: DeviceKeys
    expiration_time: Any = Field(None, alias="expirationTime", description="Taken and not kept: a 410 ends it.")
    device: str | None = Field(None, max_length=100, description="For people.")


class DeviceView(BaseModel):
    """A device, without what would let somebody send to it."""

    id: UUID
    device: str | None
    created_at: datetime


class DeviceList(BaseModel):
    """A producer's devices, and the key that a browser subscribes with; null where push is not set up."""

    items: list[DeviceView]
    public_key: str | None


class Taken(BaseModel):
    """How many reports changed something; the others were there before, or are of nothing of ours."""

    changed: int
