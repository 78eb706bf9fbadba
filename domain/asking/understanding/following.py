"""Questions that only change the one before: another line, another time, a count of those, the ones of them that are hot."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from domain.asking.understanding.cues import COUNT
from domain.asking.understanding.lexicon import any_of
from domain.asking.understanding.meaning import Before, Meaning, Setting, Step, Understood
from domain.asking.understanding.phrase import Phrase
from domain.asking.understanding.reads import ROOM, filters_of, ordered
from domain.asking.understanding.slots import Slots, between, read_slots
from domain.asking.understanding.times import Calendar

_MOST_SHOWN = 50
_NARROWS = any_of(
    r"only|just|and|what about|how about|now|but|same|instead|also|sort|order|solo|y|pero|ahora|those|these|them|ones|"
    r"which ones|there|of them|more|rest|others|esos|ordena|first|who|with|that|without|except|only those"
)
_REPLACES = {"line", "status", "tier", "place", "within_miles", "state", "producer", "name", "source", "mine",
             "not_contacted_since", "contacted_since", "received_from", "received_until", "score_at_least", "score_at_most"}  # fmt: skip
_MORE = any_of(
    r"(?:show |give |see )?(?:me )?(?:more|the rest|all of them|the others|next (?:page|ten|10)|next ones|mas|el resto)"
)


_GOES_ON = re.compile(
    r"^(?:only|just|and|what about|how about|y|solo|now|but|sort|order|same|make it|"
    r"how many (?:is|are|was|were|of) (?:that|those|they|these|them|there|it)|how many (?:in )?(?:total|all)|count (?:them|those|these))\b"
)
_SHORT = 4
_SHORT_ONES = re.compile(
    r"^(?:per|by|for|in|from|with|without|since|last|this|during|over|under|above|below|near|within|newest|oldest|best|highest|lowest|sorted|"
    r"por|en|de|con|desde|sin)\b"
)
_OF_PRODUCERS = re.compile(r"^(?:who|with|that|which|and|any(?:body|one)?)\b")


def goes_on(plain: str, setting: Setting) -> bool:
    """Whether a question begins as one that only changes the one before."""
    last = setting.past[-1].tool if setting.past else None
    short = len(plain.split()) <= _SHORT and bool(_SHORT_ONES.search(plain))
    return short or bool(_GOES_ON.search(plain)) or (last == "find_producers" and bool(_OF_PRODUCERS.search(plain)))


def narrowed(phrase: Phrase, setting: Setting, calendar: Calendar, *, those: bool) -> Meaning | None:
    """The question before with what this one changes of it; None where it changes nothing that is known."""
    last = next((one for one in reversed(setting.past) if one.tool is not None), None)
    if last is None or last.tool not in {"find_leads", "count_leads", "measure", "my_numbers", "find_producers"}:
        return None
    if not those and not phrase.has(_NARROWS) and len(phrase.left) > 5:  # noqa: PLR2004 - a longer one stands for itself
        return None
    counting = phrase.has(COUNT) or bool(re.search(r"\bhow many\b|\bcuant", phrase.plain))
    listing = phrase.has(
        any_of(
            r"who are they|which ones|which are they|show (?:me )?(?:them|those)|list (?:them|those)|show me|cuales son|"
            r"muestramelos|see them"
        )
    )
    more = phrase.has(_MORE)
    room = phrase.has(ROOM)
    slots = read_slots(phrase, calendar, setting)
    if last.tool in {"find_leads", "count_leads"}:
        return _leads_again(last, slots, counting=counting, listing=listing, more=more)
    return _figures_again(last, slots, room=room)


def _leads_again(last: Before, slots: Slots, *, counting: bool, listing: bool, more: bool) -> Meaning | None:
    new = filters_of(slots)
    changes = new | ordered(slots) | ({"by": slots.by} if slots.by else {})
    if not changes and not counting and not listing and not more:
        return None
    kept = {name: value for name, value in last.arguments.items() if name in _REPLACES}
    for name in ("state", "place"):
        if name in new:
            for other in ("state", "place", "within_miles"):
                kept.pop(other, None)
    if "received_from" in new or "received_until" in new:
        kept.pop("received_from", None)
        kept.pop("received_until", None)
    counts = counting or bool(slots.by) or (last.tool == "count_leads" and not listing and not slots.sort)
    if counts:
        by = slots.by or (None if counting else last.arguments.get("by"))
        return Understood((Step("count_leads", kept | new | ({"by": by} if by else {})),))
    order = {name: last.arguments[name] for name in ("sort", "descending", "limit") if name in last.arguments}
    if slots.sort:
        order.pop("descending", None)
    if more:
        order["limit"] = min(2 * int(order.get("limit", 10)), _MOST_SHOWN)
    return Understood((Step("find_leads", kept | order | new | ordered(slots)),))


def _figures_again(last: Before, slots: Slots, *, room: bool) -> Meaning | None:
    arguments = dict(last.arguments)
    new: dict[str, Any] = dict(between(slots))
    if new:
        arguments.pop("since", None)
        arguments.pop("until", None)
    filters = filters_of(replace(slots, span=None))
    if last.tool == "measure":
        if filters:
            new["filters"] = dict(arguments.get("filters", {})) | filters
        new |= {"by": slots.by} if slots.by else {}
    elif last.tool == "my_numbers":
        new |= {"producer": slots.producers[0]} if slots.producers else {}
    else:
        new |= _producers_again(slots, filters, room=room)
    return Understood((Step(str(last.tool), arguments | new),)) if new else None


def _producers_again(slots: Slots, filters: dict[str, Any], *, room: bool) -> dict[str, Any]:
    new = {name: filters[name][0] for name in ("line", "state") if name in filters}
    return new | ({"language": slots.language} if slots.language else {}) | ({"has_room": True} if room else {})
