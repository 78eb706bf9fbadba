"""What LLM libraries raise, as errors of ours; bodies and keys never get into their texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httpx
import openai
from pydantic import ValidationError

from integrations.llm.errors import TRANSIENT, BadAnswer, Exhausted
from kernel.errors import AppError, FieldError, Invalid

_WORD = re.compile(r"[a-z0-9_.]{1,60}")
_MALFORMED = (
    openai.APIResponseValidationError, openai.LengthFinishReasonError, openai.ContentFilterFinishReasonError,
    ValidationError, json.JSONDecodeError,
)  # fmt: skip
_NO_ANSWER = (openai.APIConnectionError, httpx.TransportError, httpx.StreamError, ConnectionError, TimeoutError)


def translate(problem: BaseException, *, malformed: tuple[type[BaseException], ...] = ()) -> AppError:
    """The product's error for whatever an LLM library raised.

    Libraries wrap one another's errors, so the whole chain of causes is read: an error of ours anywhere in it wins (the
    gateway's refusals travel inside the SDK's errors), then the SDK's, then a malformed answer; ``malformed`` adds the types
    by which a library of the caller says so. Exhausted is transient, and all attempts are used up already. Anything
    unknown is an AppError with code ``internal``: a fault of ours, which must not pass for a bad answer.
    """
    chain = list(_causes(problem))
    for one in chain:
        if isinstance(one, AppError):
            return one
    for one in chain:
        if isinstance(one, openai.APIStatusError):
            return _of_status(one.status_code, one.code)
        if isinstance(one, httpx.HTTPStatusError):
            return _of_status(one.response.status_code, None)
        if type(one) is openai.APIConnectionError and one.__cause__ is not None:
            continue  # the SDK wraps whatever the transport raised, a fault of ours too: the cause decides
        if isinstance(one, _NO_ANSWER):
            return Exhausted(f"the language model does not answer ({type(one).__name__}); try again later")
    for one in chain:
        if isinstance(one, (*_MALFORMED, *malformed)):
            return BadAnswer(f"the language model's answer cannot be used ({type(one).__name__})")
    return AppError(f"asking the language model failed ({type(problem).__name__})")


def _of_status(status: int, code: str | None) -> AppError:
    said = f", {code}" if code and _WORD.fullmatch(code) else ""
    if status in TRANSIENT or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Exhausted(f"the language model answered {status}{said}; try again later")
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        fault = FieldError(
            "LEADWRIGHT_LLM__API_KEY", "refused", f"the endpoint answered {status}{said}", "set a valid key"
        )
        return Invalid("the endpoint refuses the API key", fields=(fault,), code="llm_key_refused")
    if status == httpx.codes.NOT_FOUND:
        fault = FieldError(
            "LEADWRIGHT_LLM__MODEL", "unknown", f"the endpoint answered 404{said}",
            "name a model the endpoint has, and check LEADWRIGHT_LLM__BASE_URL",
        )  # fmt: skip
        return Invalid("the endpoint does not know the model or the path", fields=(fault,), code="llm_not_found")
    return Invalid(f"the language model refused the request with {status}{said}", code="llm_request_refused")


def _causes(problem: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = problem
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
