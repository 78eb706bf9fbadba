"""The receiver's example in docs/howto/webhooks.md accepts what we send and nothing else."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from integrations.webhooks import headers
from kernel.clock import now
from kernel.ids import new_id

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "webhooks.md"
BODY = b'{"id":"1","kind":"won"}'


def _secret(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


@pytest.fixture(scope="module")
def is_ours() -> Callable[..., bool]:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(found.group(1), names)
    return names["is_ours"]  # type: ignore[no-any-return]


def test_what_we_send_is_accepted_with_either_secret_of_an_exchange(is_ours: Callable[..., bool]) -> None:
    sent = headers(new_id(), "leads.v1.won", [b"new" * 8, b"old" * 8], now(), BODY)
    received = {name.lower(): value for name, value in sent.items()}
    assert is_ours(_secret(b"new" * 8), received, BODY)
    assert is_ours(_secret(b"old" * 8), received, BODY)
    assert not is_ours(_secret(b"else" * 6), received, BODY)


def test_another_body_another_id_another_time_and_an_old_message_are_refused(is_ours: Callable[..., bool]) -> None:
    secret, moment = _secret(b"new" * 8), now()
    sent = headers(new_id(), "leads.v1.won", [b"new" * 8], moment, BODY)
    received = {name.lower(): value for name, value in sent.items()}
    assert not is_ours(secret, received, BODY + b" ")
    assert not is_ours(secret, received | {"leadwright-id": str(new_id())}, BODY)
    later = received["leadwright-signature"].replace("t=", "t=1")
    assert not is_ours(secret, received | {"leadwright-signature": later}, BODY)
    assert not is_ours(secret, received, BODY, now=(moment + timedelta(seconds=301)).timestamp())
