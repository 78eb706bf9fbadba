"""Settings of messages to people; a part of :mod:`kernel.settings`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, SecretStr, model_validator


class TwilioSettings(BaseModel):
    """SMS by Twilio; without an account none is sent, and the message says so."""

    account_sid: str | None = Field(None, pattern=r"^AC[0-9a-f]{32}$", description="Account SID; empty sends no SMS.")
    auth_token: SecretStr | None = Field(None, description="Auth token; it also proves what Twilio sends to us.")
    sender: str | None = Field(None, description="Number in E.164, or the SID of a messaging service (MG...).")
    url: str = Field("https://api.twilio.com", description="Where Twilio is.")


class SendgridSettings(BaseModel):
    """E-mail by SendGrid, in place of SMTP."""

    api_key: SecretStr | None = Field(None, description="API key; set, e-mail goes by SendGrid and not by SMTP.")
    webhook_key: str | None = Field(
        None, description="Public key of the signed event webhook, base64; empty takes none."
    )
    url: str = Field("https://api.sendgrid.com", description="Where SendGrid is.")


class PushSettings(BaseModel):
    """Web Push to producers (RFC 8291, RFC 8292)."""

    vapid_key: SecretStr | None = Field(
        None, description="Private P-256 key, base64url of 32 bytes; empty sends no push."
    )
    contact: str = Field("mailto:admin@localhost", description="Who push services may write to about our pushes.")
    ttl_seconds: int = Field(14_400, ge=0, le=2_419_200, description="How long a push waits for a sleeping device.")


class MessageSettings(BaseModel):
    """E-mail to people; without a host nothing is sent, and the message says so."""

    smtp_host: str | None = Field(None, description="SMTP server; empty sends nothing.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", description="starttls, tls or none.")
    smtp_user: str | None = Field(None, description="User name, where the server wants one.")
    smtp_password: SecretStr | None = Field(None, description="Password.")
    sender: str = Field("leads@localhost", min_length=3, description="Address in From.")
    concurrency: int = Field(4, ge=1, le=64, description="Messages sent at once by one worker process.")
    timeout_seconds: float = Field(20.0, gt=0, le=120, description="A slower server counts as away.")
    lease_seconds: float = Field(
        120.0, gt=0, description="A worker silent for longer loses its message; above TIMEOUT_SECONDS."
    )
    attempts: int = Field(20, ge=1, le=50, description="Attempts of one message; past it the message is a dead letter.")
    first_wait_seconds: float = Field(
        30.0, ge=0, description="Longest wait after the first failure; doubles with each, between half and all of it."
    )
    longest_wait_seconds: float = Field(
        3_600.0, ge=0, description="No wait of ours is longer; a vendor may ask for more."
    )
    twilio: TwilioSettings = TwilioSettings()
    sendgrid: SendgridSettings = SendgridSettings()
    push: PushSettings = PushSettings()

    @model_validator(mode="after")
    def _whole(self) -> MessageSettings:
        if self.lease_seconds <= self.timeout_seconds:
            msg = "LEADWRIGHT_MESSAGES__LEASE_SECONDS must be above TIMEOUT_SECONDS, or two would send at once"
            raise ValueError(msg)
        given = self.twilio
        if given.account_sid is not None and (given.auth_token is None or given.sender is None):
            msg = "LEADWRIGHT_MESSAGES__TWILIO__ACCOUNT_SID needs AUTH_TOKEN and SENDER beside it"
            raise ValueError(msg)
        return self
