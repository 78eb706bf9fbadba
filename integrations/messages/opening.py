"""Which vendor takes which messages, as the settings want it."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from domain.messages.kinds import Channel
from integrations.messages.port import LogMessenger, Messenger
from integrations.messages.push import PushMessenger, VapidKey
from integrations.messages.sendgrid import SendgridMessenger
from integrations.messages.smtp import SmtpMessenger
from integrations.messages.twilio import TwilioMessenger
from integrations.webhooks import WebhookSender
from kernel.message_settings import MessageSettings

Messengers = Mapping[Channel, Messenger]


def messengers_of(settings: MessageSettings, client: httpx.AsyncClient, sender: WebhookSender) -> Messengers:
    """A messenger for every channel; the twin that sends nothing where none is set up."""
    return {
        Channel.EMAIL: _mail(settings, client),
        Channel.SMS: TwilioMessenger(settings.twilio, client)
        if settings.twilio.account_sid
        else LogMessenger("LEADWRIGHT_MESSAGES__TWILIO__ACCOUNT_SID"),
        Channel.PUSH: PushMessenger(settings.push, VapidKey.read(settings.push.vapid_key.get_secret_value()), sender)
        if settings.push.vapid_key
        else LogMessenger("LEADWRIGHT_MESSAGES__PUSH__VAPID_KEY"),
    }


def _mail(settings: MessageSettings, client: httpx.AsyncClient) -> Messenger:
    if settings.sendgrid.api_key is not None:
        return SendgridMessenger(settings, client)
    return SmtpMessenger(settings, settings.smtp_host) if settings.smtp_host else LogMessenger()
