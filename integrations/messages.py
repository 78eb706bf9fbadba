"""E-mail to people: the port, the twin that sends nothing and says so, and SMTP."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from typing import Protocol

import structlog

from kernel.errors import Unavailable
from kernel.settings import MessageSettings

_log = structlog.get_logger("leadwright.integrations.messages")
_PERMANENT = 500


class Sent(StrEnum):
    """What became of a message. ``NOT_SENT``: there is no server to send it by."""

    SENT = "sent"
    REFUSED = "refused"
    NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class Message:
    """A plain text for one address. ``id`` becomes its Message-ID, so that a second sending is recognisable as one."""

    id: str
    to: str
    subject: str
    text: str


class Messenger(Protocol):
    """Sends messages."""

    async def send(self, message: Message) -> Sent:
        """Hand the message over. Raises Unavailable where trying again may help."""
        ...


class LogMessenger:
    """No server is configured: notes that there was a message, without its address and words."""

    async def send(self, message: Message) -> Sent:
        """Log the id alone."""
        _log.warning("message not sent: set LEADWRIGHT_MESSAGES__SMTP_HOST", message=message.id)
        return Sent.NOT_SENT


class SmtpMessenger:
    """The standard library's client, in a thread, since it blocks."""

    def __init__(self, settings: MessageSettings, host: str) -> None:
        self._settings = settings
        self._host = host

    async def send(self, message: Message) -> Sent:
        """Send by SMTP; a final refusal of the address is an answer, anything passing raises Unavailable."""
        return await asyncio.to_thread(self._send, message)

    def _send(self, message: Message) -> Sent:
        given = self._settings
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = given.sender, message.to, message.subject
        mail["Message-ID"] = f"<{message.id}@{given.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        try:
            with self._connected() as server:
                if given.smtp_security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if given.smtp_user:
                    password = given.smtp_password.get_secret_value() if given.smtp_password else ""
                    server.login(given.smtp_user, password)
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as problem:
            codes = [code for code, _ in problem.recipients.values()]
            if all(code >= _PERMANENT for code in codes):
                return Sent.REFUSED
            raise Unavailable("the mail server does not take the message now") from problem
        except (smtplib.SMTPException, OSError) as problem:
            raise Unavailable("the mail server does not answer as it should") from problem
        return Sent.SENT

    def _connected(self) -> smtplib.SMTP:
        given = self._settings
        if given.smtp_security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, given.smtp_port, timeout=given.timeout_seconds, context=context)
        return smtplib.SMTP(self._host, given.smtp_port, timeout=given.timeout_seconds)


def messenger_of(settings: MessageSettings) -> Messenger:
    """SMTP where a host is set."""
    return SmtpMessenger(settings, settings.smtp_host) if settings.smtp_host else LogMessenger()
