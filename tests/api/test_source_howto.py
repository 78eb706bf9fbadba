"""The signature that docs/howto/source.md computes in a shell is the one that the door accepts."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from services.sources.schemas import SourceIn
from tests.api.sources import SourceMaker

PAGE = (Path(__file__).parents[2] / "docs/howto/source.md").read_text(encoding="utf-8")


def signed_in_shell(signing: str, secret: str) -> list[str]:
    script = f'{signing}\nprintf "%s\\n%s\\n%s" "$T" "$MAC" "$BODY"'
    known = {"SECRET": secret, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["sh", "-euc", script], env=known, capture_output=True, text=True, check=True)
    return done.stdout.split("\n", 2)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
async def test_the_shell_example_signs_what_the_door_accepts(
    make_source: SourceMaker, client: httpx.AsyncClient
) -> None:
    (settings,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    source = await make_source("webhook", **json.loads(settings))
    (script,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    signing, _, _ = script.partition("curl ")
    at, mac, body = signed_in_shell(signing, source.secret)
    headers = {"X-Leadwright-Signature": f"t={at},v1={mac}", "Content-Type": "application/json"}
    answer = await client.post(f"{source.path}/webhook", content=body, headers=headers)
    assert answer.status_code == 202, answer.text


def test_the_settings_shown_are_ones_that_there_are() -> None:
    (settings,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    SourceIn.model_validate({**json.loads(settings), "slug": "acme", "kind": "webhook"})
