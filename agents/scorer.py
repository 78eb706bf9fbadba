"""Scores a lead from the case and the decisions made before. The text is not read here, so nothing in it can ask for points."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from agents.base import LeadCase
from domain.decision import Decision, Evidence, Source
from domain.leads.probability import closed_leads, commission_for, win_chance
from domain.leads.scoring import VERSION, ScoreFacts, SeenDocument, filled, score
from domain.lines import Intent, Line, Urgency, tier_of

_Word = TypeVar("_Word", bound=StrEnum)
_COUNTS_FROM = 0.6  # a fact read from the text with less confidence does not make the lead complete
_REVIEW_BELOW = 0.4


class Scorer:
    """Specialist ``scorer``.

    ``value`` is ``{"score": 0-100, "tier", "contributions": [{"factor", "points", "reason"}]}``; the points add up to the
    score. ``sold_lines`` are the lines sold by every agency served; None means that it was not said. Reads the decisions
    ``classifier``, ``extractor``, ``enricher``, ``documents``, ``similar`` (``won``, ``lost``) and ``history`` (``won``,
    ``worked`` of the lead's source, and ``sold_lines`` of its agency, which go before those given here); one that is missing
    or degraded counts as unknown. Where ``history`` holds ``closed`` ((score, won, lost) of the agency's closed leads),
    ``win`` is the chance that the lead is won, or that there is not enough data, as
    :class:`domain.leads.probability.WinChance` says it; ``commissions`` by line give it a value in money. It moves neither
    score nor points.
    """

    name = "scorer"
    version = VERSION

    def __init__(self, sold_lines: Collection[Line] | None = None) -> None:
        self._sold = None if sold_lines is None else frozenset(sold_lines)

    async def decide(self, case: LeadCase, known: Mapping[str, Decision]) -> Decision:
        """The score with its reasons, in the order of the factors."""
        usable = {name: decision for name, decision in known.items() if not decision.degraded}
        result = score(self._facts(case, usable))
        parts = [{"factor": part.factor, "points": part.points, "reason": part.reason} for part in result.contributions]
        value = {"score": result.value, "tier": tier_of(result.value).value, "contributions": parts}
        return Decision(
            specialist=self.name,
            value={**value, **_chance(usable, result.value)},
            confidence=result.confidence,
            source=Source.RULES,
            version=self.version,
            evidence=tuple(
                Evidence(f"{part.factor}: {part.reason}", weight=float(part.points)) for part in result.contributions
            ),
            needs_review="classifier" not in usable or result.confidence < _REVIEW_BELOW,
        )

    def _facts(self, case: LeadCase, usable: Mapping[str, Decision]) -> ScoreFacts:
        classes = _value(usable, "classifier")
        line = _word(Line, classes.get("line"), Line.UNKNOWN)
        lines = {line, *(_word(Line, item, Line.UNKNOWN) for item in _list(classes.get("lines")))} - {Line.UNKNOWN}
        offered = self._offered(usable)
        sold = None if offered is None or not lines else bool(lines & offered)
        refused = _value(usable, "extractor").get("do_not_call")
        fields_known, fields_wanted = _completeness(case, usable, line)
        source_won, source_worked = _counts(usable, "history", "won", "worked")
        if source_won is not None and source_worked is not None and source_won > source_worked:
            source_won = source_worked = None
        similar_won, similar_lost = _counts(usable, "similar", "won", "lost")
        return ScoreFacts(
            line=line,
            line_confidence=usable["classifier"].confidence if "classifier" in usable else 0.0,
            sold=sold,
            out_of_scope=classes.get("out_of_scope") is True,
            intent=_word(Intent, classes.get("intent"), Intent.UNKNOWN),
            intent_confidence=_share(classes.get("intent_confidence")),
            urgency=_word(Urgency, classes.get("urgency"), Urgency.UNKNOWN),
            urgency_confidence=_share(classes.get("urgency_confidence")),
            has_phone=case.has_phone,
            phone_valid=case.phone_valid,
            has_email=case.has_email,
            has_name=case.has_name,
            has_consent=case.has_consent,
            do_not_call=refused if isinstance(refused, bool) else None,
            fields_known=fields_known,
            fields_wanted=fields_wanted,
            source_won=source_won,
            source_worked=source_worked,
            similar_won=similar_won,
            similar_lost=similar_lost,
            documents=tuple(_seen(usable, lines)),
            confidences=tuple(usable[name].confidence for name in _USED if name in usable),
        )

    def _offered(self, usable: Mapping[str, Decision]) -> frozenset[Line] | None:
        own = _value(usable, "history").get("sold_lines")
        if own is None:
            return self._sold
        return frozenset(_word(Line, item, Line.UNKNOWN) for item in _list(own)) - {Line.UNKNOWN}


_USED = ("classifier", "extractor", "enricher")


def _chance(usable: Mapping[str, Decision], score: int) -> dict[str, Any]:
    history = _value(usable, "history")
    closed = closed_leads(history.get("closed"))
    if closed is None:
        return {}
    line = _value(usable, "classifier").get("line")
    return {"win": win_chance(score, closed, commission_for(str(line), _mapping(history.get("commissions")))).as_dict()}


def _completeness(case: LeadCase, usable: Mapping[str, Decision], line: Line) -> tuple[int | None, int | None]:
    # Columns alone answer only where there was no text to read besides; without a line nobody knows what is wanted.
    if line is Line.UNKNOWN or ("extractor" not in usable and case.text.strip()):
        return None, None
    return filled(line, _known_fields(case, usable))


def _known_fields(case: LeadCase, usable: Mapping[str, Decision]) -> Iterator[str]:
    yield from (name for name, value in case.fields.items() if value.strip())
    for name, entry in _mapping(_value(usable, "extractor").get("fields")).items():
        if _share(_mapping(entry).get("confidence")) >= _COUNTS_FROM:
            yield "place" if name in {"zip", "state"} else name
    for entry in map(_mapping, _list(_value(usable, "documents").get("findings"))):
        if _share(entry.get("confidence")) >= _COUNTS_FROM:
            yield "place" if entry.get("field") in {"zip", "state"} else str(entry.get("field"))
    if case.zip_code or case.state or case.has_address or _value(usable, "enricher").get("states"):
        yield "place"


def _seen(usable: Mapping[str, Decision], lines: Collection[Line]) -> Iterator[SeenDocument]:
    for entry in map(_mapping, _list(_value(usable, "documents").get("documents"))):
        about = {_word(Line, item, Line.UNKNOWN) for item in _list(entry.get("lines"))} & set(lines)
        yield SeenDocument(
            kind=str(entry.get("kind")), kind_confidence=_share(entry.get("kind_confidence")), about=bool(about),
            in_force=entry.get("in_force") is True, doubtful=entry.get("doubtful") is not False,
        )  # fmt: skip


def _value(usable: Mapping[str, Decision], name: str) -> Mapping[str, Any]:
    return usable[name].value if name in usable else {}


def _counts(usable: Mapping[str, Decision], name: str, first: str, second: str) -> tuple[int | None, int | None]:
    value = _value(usable, name)
    pair = value.get(first), value.get(second)
    if all(isinstance(item, int) and not isinstance(item, bool) and item >= 0 for item in pair):
        return pair
    return None, None


def _word(kind: type[_Word], value: object, otherwise: _Word) -> _Word:
    try:
        return kind(str(value))
    except ValueError:
        return otherwise


def _share(value: object) -> float:
    # A confidence that is missing or no number tells nothing, and the factor falls back to neutral.
    if isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value <= 1.0:
        return float(value)
    return 0.0


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
