"""Structured logs. Values that look personal are masked, whatever the key: a log line must never need erasing."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_PERSONAL_KEYS = frozenset(
    [
        "name",
        "full_name",
        "first_name",
        "last_name",
        "email",
        "phone",
        "street",
        "address",
        "city",
        "text",
        "message",
        "notes",
        "date_of_birth",
        "dob",
        "licence_number",
        "raw",
        "value",
        "body",
        "contact",
        "ip",
        "consent_text",
        "password",
        "secret",
        "token",
        "authorization",
    ]
)
_CHAIN: list[Any] = []
_EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_DIGITS = re.compile(r"(?<![0-9a-fA-F-])\+?\(?\d[\d\s().-]{7,}\d(?![0-9a-fA-F-])")


def mask(text: str) -> str:
    """``text`` with e-mail addresses and phone-like runs of digits replaced; ids and timestamps stay readable."""
    return _DIGITS.sub("[number]", _EMAIL.sub("[e-mail]", text))


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Structlog processor: drops values under personal keys and masks the rest."""
    for key, value in event.items():
        if key in _PERSONAL_KEYS:
            event[key] = "[withheld]"
        elif key not in {"timestamp", "level"} and isinstance(value, str):
            event[key] = mask(value)
        elif isinstance(value, BaseException):
            event[key] = type(value).__name__
    return event


def configure_logs(*, level: str, as_json: bool) -> None:
    """Send our own and every library's log lines to stderr through one redacting chain."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _frames_only,
        redact,
    ]
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    # One list for good: loggers keep the list of their first use, and those would go on under an earlier configuration.
    _CHAIN[:] = [*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
    structlog.configure(
        processors=_CHAIN,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # The LLM libraries write whole prompts and answers at DEBUG, so they never get there.
    for chatty in ("httpx", "httpcore", "openai", "instructor", "langchain_core", "langsmith", "alembic", "uvicorn"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    # Its pool warns of every connection that it drops; whoever asked gets Unavailable and says so once.
    logging.getLogger("neo4j").setLevel(max(logging.ERROR, logging.getLevelName(level)))


def _frames_only(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace exception info by type and place: messages of database errors quote rows, and rows are personal."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        places, trace = [], error.__traceback__
        while trace is not None:
            places.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
            trace = trace.tb_next
        event["error"] = type(error).__name__
        event["at"] = " > ".join(places[-6:])
    return event
