"""The process that reads one document: ``python -m integrations.documents.worker``, a head and bytes in, JSON out.

A parser that crashes, hangs or swells on what a stranger sent takes only this process with it. It has no secrets in its
environment and may not take more memory than it is given.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import sys
from dataclasses import asdict
from typing import Any, BinaryIO

from pydantic import TypeAdapter

from domain.documents.extract import Extracted, extract
from domain.documents.page import Reading
from integrations.documents.limits import Limits
from integrations.documents.mail import read_mail
from integrations.documents.read import read_document
from kernel.errors import Invalid

READING, EXTRACTED = TypeAdapter(Reading), TypeAdapter(Extracted)
_LENGTH = 8


def main() -> None:
    """Serve one request from stdin and write the answer to stdout."""
    # What libraries print must not mix with the answer.
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    head, data = _request(sys.stdin.buffer)
    _bounded(head["memory"], head["seconds"])
    answer.write(json.dumps(_answer(head, data)).encode())
    answer.flush()


def request(head: dict[str, Any], data: bytes) -> bytes:
    """A request as the process takes it."""
    encoded = json.dumps(head).encode()
    return len(encoded).to_bytes(_LENGTH, "big") + encoded + data


def _request(source: BinaryIO) -> tuple[dict[str, Any], bytes]:
    size = int.from_bytes(source.read(_LENGTH), "big")
    head: dict[str, Any] = json.loads(source.read(size))
    return head, source.read()


def _answer(head: dict[str, Any], data: bytes) -> dict[str, Any]:
    limits = Limits(**head["limits"])
    try:
        if head["task"] == "enclosed":
            found = read_mail(data, limits)[2]
            return {"enclosed": [[item.name, base64.b64encode(item.data).decode()] for item in found]}
        reading = read_document(data, head["name"], limits, with_ocr=head["with_ocr"])
        extracted = extract(reading)
        return {
            "reading": READING.dump_python(reading, mode="json"),
            "extracted": EXTRACTED.dump_python(extracted, mode="json"),
        }
    except Invalid as problem:
        return {"error": {"detail": problem.detail, "fields": [asdict(field) for field in problem.fields]}}
    except MemoryError:
        return {"error": {"detail": "the document needs too much memory to read", "fields": []}}


def _bounded(memory: int, seconds: int) -> None:
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, hard))


if __name__ == "__main__":
    main()
