"""What remains in doubt after the rules have read a document, and what a language model may add to their reading.

A value of a model counts only if its words stand on a page, the value stands whole within them, and our own reader of that kind
of value can read it. It never takes the place of a value that the rules found: it fills what they left open, or stands against
theirs with a rank behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.decision import Source
from domain.documents.evidence import DocumentEvidence
from domain.documents.extract import VERSION, Extracted
from domain.documents.fields import DocumentField, value_key, value_words
from domain.documents.items import ANCHORS
from domain.documents.kind import Kind
from domain.documents.page import Note
from domain.documents.specs import FieldSpec, by_name, expected_of, field_specs
from domain.documents.values import Conventions, conventions_of, read_value

KIND_SURE = 0.6
"""Confidence from which the kind that words speak for stands without a second opinion."""
AT_MOST = 0.85
"""No value of a model counts for surer than a rule's plain reading."""
KIND_AGREED, KIND_PROVED = 0.8, 0.7
"""Confidence of a kind that a model confirms, and of one that only it names and the fields bear out."""
_EXPECTED_SHARE = 0.5
_COMPOSED = frozenset({"period", "vehicle"})
_LONGEST_LABEL = 60

KIND_UNSURE, FEW_FIELDS, CONTRADICTION = "kind_unsure", "few_fields", "contradiction"
TO_MACHINES, NO_OPINION, LEFT_OUT = "speaks_to_machines", "no_second_opinion", "left_out"
DOUBTS = frozenset({KIND_UNSURE, FEW_FIELDS, CONTRADICTION})
"""Codes of notes that a second reading could settle."""
OURS = DOUBTS | {TO_MACHINES, NO_OPINION, LEFT_OUT}
"""Codes of all notes made here; a new opinion takes the place of those of the one before."""


@dataclass(frozen=True, slots=True)
class Stated:
    """One value as a language model hands it over: words that it says stand on a page, not yet a value."""

    name: str
    value: str
    page: int | None
    quote: str
    item: int | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a document states when all who read it are done: who read it (``source``, ``version``), at what ``cost`` (millionths
    of a dollar), what a person should know (``notes``), and whether one should look (``needs_review``).
    """

    kind: Kind
    fields: tuple[DocumentField, ...]
    source: Source
    version: str
    needs_review: bool
    notes: tuple[Note, ...] = ()
    cost: int = 0

    @property
    def unsettled(self) -> bool:
        """Whether a second opinion could settle something."""
        return any(note.code in DOUBTS for note in self.notes)


def asked_for() -> tuple[FieldSpec, ...]:
    """The fields that a model is asked for: all but those that are only two others printed together."""
    return tuple(spec for spec in field_specs() if spec.kind not in _COMPOSED)


def by_rules(local: Extracted, pages: DocumentEvidence) -> Opinion:
    """What the rules say alone, and what they leave in doubt. A document without a word leaves nothing to ask about."""
    notes = (*_doubts(local.kind, local.fields), *_aside(pages)) if pages.worded else ()
    return Opinion(local.kind, local.fields, Source.RULES, VERSION, bool(notes), notes)


def unhelped(local: Opinion, why: str, cost: int) -> Opinion:
    """The rules' opinion where a model was asked in vain."""
    return replace(local, needs_review=True, notes=(*local.notes, Note(NO_OPINION, why)), cost=cost)


def completed(
    local: Extracted, pages: DocumentEvidence, kind: str, stated: Sequence[Stated], version: str, cost: int
) -> Opinion:
    """The rules' reading with what a model adds to it: ``kind`` and ``stated`` are its answer, ``version`` names it."""
    conventions = conventions_of("\n".join(line for page in pages.pages for line in page.lines))
    read = [found for one in stated if (found := _read(one, pages, conventions))]
    fields, misplaced = _merged(local.fields, read)
    settled = _kind(local.kind, kind, fields)
    lost = len(stated) - len(read) + misplaced
    notes = [*_doubts(settled, fields), *_aside(pages)]
    needs_review = bool(notes)
    if lost:
        words = "no such words on the page, not readable, or of no thing that is known"
        notes.append(Note(LEFT_OUT, f"{lost} values of the language model were left out: {words}"))
    mine = len(fields) > len(local.fields) or settled != local.kind
    return Opinion(
        settled, fields, Source.LLM if mine else Source.RULES, f"{VERSION}+{version}", needs_review, tuple(notes), cost
    )


def _doubts(kind: Kind, fields: Sequence[DocumentField]) -> Iterator[Note]:
    if kind.name == "other" or kind.confidence < KIND_SURE:
        yield Note(KIND_UNSURE, f"what kind of document it is, is not certain: {kind.reason}")
    wanted = expected_of(kind.name)
    missing = [name for name in wanted if name not in {field.name for field in fields}]
    if len(missing) > len(wanted) * (1 - _EXPECTED_SHARE):
        yield Note(FEW_FIELDS, f"few of what such a document states were found: no {', '.join(missing)}")
    against = dict.fromkeys(field.name for field in fields if field.rank and by_name()[field.name].kind != "text")
    if against:
        yield Note(CONTRADICTION, f"it states different values for {', '.join(against)}")


def _aside(pages: DocumentEvidence) -> Iterator[Note]:
    if pages.aside:
        yield Note(TO_MACHINES, f"{pages.aside} lines speak to a machine that reads, not to people; they prove nothing")


def _read(one: Stated, pages: DocumentEvidence, conventions: Conventions) -> DocumentField | None:
    spec, page = by_name().get(one.name), pages.page_of(one.quote, one.page)
    place = _whole(one.value, one.quote)
    if spec is None or spec.kind in _COMPOSED or page is None or place is None:
        return None
    if spec.group is not None and one.item is None:
        return None
    value = read_value(spec.kind, one.value, conventions)
    if value is None:
        return None
    label = one.quote[:place].strip(" \n\t:.\u2013-")
    return DocumentField(
        spec.name, value.value, page.number, one.quote, round(min(one.confidence, AT_MOST) * value.sure, 4), page.origin,
        label if "\n" not in label and len(label) <= _LONGEST_LABEL else "", one.item if spec.group else None, 0, "llm",
    )  # fmt: skip


def _whole(value: str, quote: str) -> int | None:
    """Where ``value`` stands in ``quote``, not as a part of a longer word or number; None where it does not."""
    words = r"\s+".join(re.escape(word) for word in value.split())
    if not words:
        return None
    found = re.search(rf"(?<![^\W_])(?<!\d[.,/-]){words}(?![^\W_])(?![.,/-]\d)", quote, re.IGNORECASE)
    return found.start() if found else None


def _merged(local: Sequence[DocumentField], read: Sequence[DocumentField]) -> tuple[tuple[DocumentField, ...], int]:
    """Both together, and how many values of the model belong to nothing that is known."""
    merged = list(local)
    numbers = _numbers(local, read)
    misplaced = 0
    for one in read:
        group = by_name()[one.name].group
        if group is not None:
            number = numbers.get((group, one.item))
            if number is None:
                misplaced += 1
                continue
            one = replace(one, item=number)  # noqa: PLW2901 - the same value under the number that the rules gave the thing
        present = [place for place, other in enumerate(merged) if (other.name, other.item) == (one.name, one.item)]
        if any(_same(merged[place], one) for place in present):
            continue
        if present and by_name()[one.name].kind == "text":
            continue  # two descriptions are no contradiction
        if len(present) == 1:
            first = merged[present[0]]
            merged[present[0]] = replace(first, confidence=round(first.confidence * (1 - one.confidence / 3), 4))
        merged.append(replace(one, rank=len(present)))
    return tuple(merged), misplaced


def _same(present: DocumentField, one: DocumentField) -> bool:
    if value_key(present.value) == value_key(one.value):
        return True
    mine, theirs = value_words(present), value_words(one)
    return bool(mine and theirs) and (mine <= theirs or theirs <= mine)


def _numbers(local: Sequence[DocumentField], read: Sequence[DocumentField]) -> Mapping[tuple[str, int | None], int]:
    """The number of each thing that the model numbered: that of the rules for the same thing, else a new one.

    Things are the same where a telling value (:data:`domain.documents.items.ANCHORS`) is; or where there is one on each side and
    none contradicts. A thing without any telling value beside others of its group cannot be placed, and has no number.
    """
    ours, theirs = _things(local), _things(read)
    numbers: dict[tuple[str, int | None], int] = {}
    for group, things in theirs.items():
        known = ours.get(group, {})
        last = max(known, default=0)
        for item, said in things.items():
            matches = [
                number for number, held in known.items() if any(said[name] & held.get(name, set()) for name in said)
            ]
            alone = len(known) == len(things) == 1 and not any(
                said[name].isdisjoint(held) for name in said if (held := next(iter(known.values())).get(name))
            )
            if len(matches) == 1:
                numbers[group, item] = matches[0]
            elif alone:
                numbers[group, item] = next(iter(known))
            elif not known:
                numbers[group, item] = item
            elif said and not matches:
                last += 1
                numbers[group, item] = last
    return numbers


def _things(fields: Iterable[DocumentField]) -> dict[str, dict[int, dict[str, set[str]]]]:
    """Telling values by field, by number of the thing, by group."""
    things: dict[str, dict[int, dict[str, set[str]]]] = {}
    for field in fields:
        spec = by_name()[field.name]
        if spec.group is None or field.item is None:
            continue
        held = things.setdefault(spec.group, {}).setdefault(field.item, {})
        if spec.attribute in ANCHORS.get(spec.group, ()) and spec.kind != "number":
            held.setdefault(field.name, set()).add(value_key(field.value))
    return things


def _kind(local: Kind, said: str, fields: Sequence[DocumentField]) -> Kind:
    """The kind: that of the words where they are sure or a model agrees, else the model's if the fields bear it out."""
    if local.name == "email" or (local.name != "other" and local.confidence >= KIND_SURE):
        return local
    if said == local.name:
        return local if said == "other" else Kind(said, f"{local.reason}; a language model agrees", KIND_AGREED)
    wanted = expected_of(said)
    borne_out = [name for name in wanted if name in {field.name for field in fields}]
    if wanted and len(borne_out) >= len(wanted) * _EXPECTED_SHARE:
        return Kind(said, f"a language model says so, and it states {', '.join(borne_out)}", KIND_PROVED)
    return local
