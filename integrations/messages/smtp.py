"""E-mail by SMTP."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage

from integrations.messages.port import Away, Handed, Locked, Message, Refusal, Sent, on_one_line
from kernel.message_settings import MessageSettings

_PERMANENT = 500


class SmtpMessenger:
    """The standard library's client, in a thread, since it blocks."""

    name = "smtp"

    def __init__(self, settings: MessageSettings, host: str) -> None:
        self._settings = settings
        self._host = host

    async def send(self, message: Message) -> Handed:
        """Send by SMTP; a final refusal of the address is an answer, anything passing raises Unavailable."""
        try:
            mail = self._mail(message)
        except ValueError:  # an address that no header takes: line ends, control characters, no domain
            return Handed(Sent.REFUSED, refusal=Refusal.BAD_ADDRESS)
        return await asyncio.to_thread(self._send, mail)

    def _mail(self, message: Message) -> EmailMessage:
        given = self._settings
        if not on_one_line(message.to):
            msg = "an address is one line"
            raise ValueError(msg)
        mail = EmailMessage()
        if message.sender_name and on_one_line(message.sender_name):
            mail["From"] = Address(message.sender_name, addr_spec=given.sender)
        else:
            mail["From"] = given.sender
        mail["To"], mail["Subject"] = Address(addr_spec=message.to), message.subject
        mail["Message-ID"] = f"<{message.id}@{given.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        if message.html is not None:
            mail.add_alternative(message.html, subtype="html")
        return mail

    def _send(self, mail: EmailMessage) -> Handed:
        given = self._settings
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
                return Handed(Sent.REFUSED, refusal=Refusal.BAD_ADDRESS)
            raise Away("the mail server does not take the message now") from problem
        except smtplib.SMTPAuthenticationError as problem:
            raise Locked("the mail server does not take our user name and password") from problem
        except smtplib.SMTPDataError as problem:
            if problem.smtp_code >= _PERMANENT:
                return Handed(Sent.REFUSED, refusal=Refusal.CONTENT)
            raise Away("the mail server does not take the message now") from problem
        except smtplib.SMTPNotSupportedError:  # an address beyond ASCII at a server that knows only ASCII
            return Handed(Sent.REFUSED, refusal=Refusal.BAD_ADDRESS)
        except (smtplib.SMTPException, OSError) as problem:
            raise Away("the mail server does not answer as it should") from problem
        return Handed(Sent.SENT, provider_id=str(mail["Message-ID"]))

    def _connected(self) -> smtplib.SMTP:
        given = self._settings
        if given.smtp_security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, given.smtp_port, timeout=given.timeout_seconds, context=context)
        return smtplib.SMTP(self._host, given.smtp_port, timeout=given.timeout_seconds)
