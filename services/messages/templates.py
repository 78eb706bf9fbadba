"""An agency's own words: saved as new versions, previewed with sample data."""

from __future__ import annotations

import re

from domain.actor import Actor, Scope
from domain.messages.kinds import KINDS, Kind
from domain.messages.segments import segments
from domain.messages.shipped import LANGUAGES, SHIPPED_VERSION, shipped
from domain.messages.words import Words, check, fill
from kernel.clock import now
from kernel.errors import FieldError, Invalid, NotFound, Stale
from services.messages.letters import words_in_force
from services.messages.schemas import Preview, PreviewIn, TemplateList, TemplateView, WordsIn
from store.sql.models import TemplateRow
from store.uow import Database, UnitOfWork

_LANGUAGE = re.compile(r"[a-z]{2}")


class Templates:
    """Use cases of an administrator. What was sent keeps its version; versions are never changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, actor: Actor) -> TemplateList:
        """Words in force of every kind, in the shipped languages and in the agency's own."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            own = {(row.name, row.language): row for row in await uow.messages.templates() if row.name in KINDS}
        places = sorted({*own, *shipped()})
        return TemplateList(
            items=[_view(KINDS[name], language, own.get((name, language))) for name, language in places]
        )

    async def one(self, actor: Actor, name: str, language: str) -> TemplateView:
        """Words in force; NotFound for a kind there is not, or a language nobody wrote it in."""
        actor.require(Scope.AGENCY_ADMIN)
        async with self._database.begin(actor) as uow:
            return await self._one(uow, _kind(name), language)

    async def save(
        self, actor: Actor, name: str, language: str, words: WordsIn, *, expected: int | None
    ) -> TemplateView:
        """Put new words in force. Raises Invalid naming each variable that is unknown, Stale for an old version."""
        actor.require(Scope.AGENCY_ADMIN)
        kind = _kind(name)
        if not _LANGUAGE.fullmatch(language):
            fault = FieldError(
                "language", "malformed", "is no language", "write two letters, such as es", language[:80]
            )
            raise Invalid(f"{language[:80]} is no language", fields=(fault,))
        check(kind, _words(words))
        async with self._database.begin(actor) as uow:
            row = await uow.messages.template(name, language)
            version = row.version if row else SHIPPED_VERSION
            fresh = expected is None or expected == version
            if not fresh or not await uow.messages.add_template(
                name=name, language=language, version=version + 1, created_by=actor.subject, created_at=now(),
                **words.model_dump(),
            ):  # fmt: skip
                current = (await self._one(uow, kind, language)).model_dump(mode="json")
                raise Stale(f"the words are at version {current['version']}; read them again", current=current)
            return await self._one(uow, kind, language)

    async def preview(self, actor: Actor, name: str, language: str, body: PreviewIn) -> Preview:
        """Words filled with values, sample data where none are given. Nothing is kept or sent."""
        actor.require(Scope.AGENCY_ADMIN)
        kind = _kind(name)
        unknown = sorted(set(body.values) - kind.variables)
        if unknown:
            known = ", ".join(sorted(kind.variables))
            fault = FieldError(f"values.{unknown[0]}", "unknown_variable", f"is no variable of {name}", f"use {known}")
            raise Invalid(f"{unknown[0]} is no variable of {name}", fields=(fault,))
        if body.words is not None:
            words = _words(body.words)
            check(kind, words)
        else:
            async with self._database.begin(actor) as uow:
                words, language, _ = await words_in_force(uow, name, language)
        filled = fill(words, {**kind.sample, **body.values})
        sms = segments(filled.short)
        return Preview(
            name=name, language=language, subject=filled.subject, text=filled.text, html=filled.html, short=filled.short,
            sms_encoding=sms.encoding, sms_segments=sms.count,
        )  # fmt: skip

    async def _one(self, uow: UnitOfWork, kind: Kind, language: str) -> TemplateView:
        row = await uow.messages.template(kind.name, language)
        if row is None and (kind.name, language) not in shipped():
            raise NotFound(f"{kind.name} has no words in {language[:20]}; shipped are {', '.join(LANGUAGES)}")
        return _view(kind, language, row)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise NotFound(f"no template {name[:80]}; there are {', '.join(KINDS)}")
    return KINDS[name]


def _words(given: WordsIn) -> Words:
    return Words(given.subject, given.text, given.short, given.html)


def _view(kind: Kind, language: str, row: TemplateRow | None) -> TemplateView:
    words = shipped()[kind.name, language] if row is None else Words(row.subject, row.text, row.short, row.html)
    return TemplateView(
        name=kind.name, language=language, version=row.version if row else SHIPPED_VERSION, purpose=kind.purpose,
        channels=list(kind.channels), variables=sorted(kind.variables),
        words=WordsIn(subject=words.subject, text=words.text, short=words.short, html=words.html),
        created_by=row.created_by if row else None, created_at=row.created_at if row else None,
    )  # fmt: skip
