"""What an examination says."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from kernel.settings import Settings


class State(StrEnum):
    """``fail`` is something to mend before leads come in, ``warn`` something to know."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(BaseModel):
    """One check of one part; ``remedy`` is empty where nothing is to be done."""

    part: str
    check: str
    state: State
    detail: str
    remedy: str = ""


class Report(BaseModel):
    """Every finding, in the order of the parts."""

    findings: list[Finding]

    @property
    def state(self) -> State:
        """The worst of them."""
        states = {one.state for one in self.findings}
        return State.FAIL if State.FAIL in states else State.WARN if State.WARN in states else State.OK


def ok(part: str, check: str, detail: str) -> Finding:
    """All is well."""
    return Finding(part=part, check=check, state=State.OK, detail=detail)


def warn(part: str, check: str, detail: str, remedy: str) -> Finding:
    """Something to know."""
    return Finding(part=part, check=check, state=State.WARN, detail=detail, remedy=remedy)


def fail(part: str, check: str, detail: str, remedy: str) -> Finding:
    """Something to mend."""
    return Finding(part=part, check=check, state=State.FAIL, detail=detail, remedy=remedy)


def secrets_in(settings: BaseModel | Settings) -> Iterator[str]:
    """Every secret of the settings, and the password inside each that is a URL."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            yield from secrets_in(value)
        for one in value.values() if isinstance(value, dict) else (value,):
            if isinstance(one, SecretStr) and one.get_secret_value():
                yield one.get_secret_value()
                yield from passwords_of(one.get_secret_value())


def passwords_of(text: str) -> list[str]:
    """The password of a URL as it is written and as it is meant; none where the text is no URL or has none."""
    try:
        password = urlsplit(text).password
    except ValueError:
        return []
    return [password, unquote(password)] if password else []


def without_secrets(findings: list[Finding], settings: Settings) -> list[Finding]:
    """The findings with every secret that an error message may have quoted struck out."""
    secrets = sorted(set(secrets_in(settings)), key=len, reverse=True)

    def struck(words: str) -> str:
        for one in secrets:
            words = words.replace(one, "***")
        return words

    return [one.model_copy(update={"detail": struck(one.detail), "remedy": struck(one.remedy)}) for one in findings]
