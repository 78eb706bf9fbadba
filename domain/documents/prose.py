"""What whole sentences and the foot of a letter state: targets, insurers, renewal dates, who writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from domain.documents.collect import Collector
from domain.documents.labels import label_of
from domain.documents.page import Line, Page, Reading
from domain.documents.specs import by_name
from domain.documents.values import Value, read_value

PROSE = 0.72
_NAME = r"(?-i:[A-Z0-9](?:[\w&'\u2019-]|\.(?=\w))*(?:\s(?:of|and|&|the|de)(?=\s[A-Z])|\s[A-Z0-9&(](?:[\w&'\u2019()-]|\.(?=\w))*){0,6})"
_FIRM = r"(?-i:[A-Z0-9][\w&'.\u2019-]*(?:,?\s(?:of|and|&|the|de)(?=\s[A-Z])|,?\s[A-Z0-9&][\w&'\u2019-]*){0,6}?,?\s(?:LLC|L\.L\.C\.|Inc|Incorporated|Ltd|Limited|LLP|PLC|plc|Corp|Corporation|Co|Company|LP|GmbH|Group|Holdings)\b\.?)"
_SUM = r"(?:US\$|\$|\u00a3|\u20ac|USD|GBP|EUR)\s?[\d][\d,.]*\s?(?:k|m|mn|bn|million|thousand|billion)?\b"
_MONEY = rf"(?:[\w .]{{0,12}})?{_SUM}"
_DATE = r"(?:on|by|is|of|:|at|due|date|from)?\s?\(?(?:\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}-\d{2}-\d{2}|\d{1,2}(?:st|nd|rd|th)?\s(?:of\s)?[A-Z][a-z]{2,8},?\s\d{4}|[A-Z][a-z]{2,8}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s\d{4})"
_LINK = (
    r"\s?(?:is|are|of|at|was|:|-|\u2013|in the region of|approximately|approx\.?|around|about|stands at|currently|circa|c\.|"
    r"up to|set at|to be|sits at|total(?:s|ing|ling)?|with)?\s?"
    r"(?:the region of|approximately|approx\.?|around|about|circa|c\.)?\s?"
)


class _Rule(NamedTuple):
    field: str
    pattern: re.Pattern[str]
    sure: float = 1.0


def _rule(field: str, pattern: str, sure: float = 1.0) -> _Rule:
    return _Rule(field, re.compile(pattern, re.IGNORECASE), sure)


_RULES = (
    _rule("target_premium", rf"\b(?:target(?:ing|ed)?|budget(?:ed)?|aiming for|looking for|hoping for|seeking)\s(?:an?\s|the\s)?(?:annual\s|total\s)?(?:premium|price|rate)(?:\sin)?{_LINK}({_MONEY})"),
    _rule("target_premium", rf"\b(?:premium|price)\s(?:target|budget){_LINK}({_MONEY})"),
    _rule("premium", rf"\b(?:expiring|current|existing|renewal|annual|total|quoted|estimated|last year'?s|present)\s(?:annual\s|total\s)?premium{_LINK}({_MONEY})"),
    _rule("carrier", rf"\b(?:holding|current|existing|incumbent|present|expiring)\s(?:holding\s|incumbent\s)?(?:insurer|carrier|insurance (?:company|carrier|provider)|provider|market)\s?(?:is|:|-|are|being|,)?\s?(?:currently\s)?({_NAME})"),
    _rule("carrier", rf"\b(?:currently|presently)\s(?:insured|placed|covered|held|written)\s(?:with|by|through)\s({_NAME})"),
    _rule("carrier", rf"\b(?:placed|insured|held)\s(?:with|by)\s({_NAME})\s(?:at present|currently|since|for the (?:last|past))", 0.95),
    _rule("named_insured", rf"\b(?:submission|quote|quotation|terms|proposal|cover|coverage|insurance|renewal|account|risk|business)\s(?:for|of|from|re|:|-|\u2013)\s(?:our (?:mutual\s)?client,?\s|the\s|a\s|an\s|new client\s)?({_FIRM})"),
    _rule("named_insured", rf"\bour client,?\s({_FIRM})"),
    _rule("named_insured", rf"\b(?:on behalf of|submission\s?[-\u2013:])\s(?:our client,?\s)?({_FIRM})"),
    _rule("renewal_date", rf"\b(?:renewal\s(?:date|is|falls|due)|renews|due for renewal|policy renews|renewing)\s?({_DATE})"),
    _rule("effective_date", rf"\b(?:effective|inception|incepting|to incept|start(?:s|ing)?|commenc(?:es|ing))\s(?:date\s)?({_DATE})", 0.9),
    _rule("expiration_date", rf"\b(?:expir(?:es|ing|y|ation)|policy ends)\s(?:date\s)?({_DATE})", 0.9),
    _rule("deductible", rf"({_SUM})\s(?:AOP|all other perils?|per claim|per occurrence|property|each claim|all perils)?\s?(?:deductible|excess)\b"),
    _rule("wind_deductible", r"\b(\d{1,2}(?:\.\d+)?%)\s(?:named (?:wind)?storm|wind(?:storm)?(?:\s?(?:/|and|or)\s?hail)?|hurricane)\s(?:deductible|excess)\b"),
    _rule("response_due", rf"\b(?:terms|quotes?|quotations?|indications?|response|reply|proposals?)\s(?:\w+\s){{0,3}}(?:by|no later than|before)\s({_DATE})"),
    _rule("turnover", rf"\b(?:turnover|revenues?|annual sales|gross sales|gross receipts){_LINK}({_MONEY})"),
    _rule("payroll", rf"\b(?:payroll|wage\s?roll){_LINK}({_MONEY})"),
    _rule("total_insured_value", rf"\b(?:total insur(?:ed|able) values?|tiv|total sums? insured)\s?(?:\(TIV\))?{_LINK}({_MONEY})"),
    _rule("established", r"\b(?:est(?:ablished|d)?\.?|founded|in business|operating|trading|incorporated)\s(?:in\s|since\s|back in\s)?((?:18|19|20)\d{2})\b"),
    _rule("total_locations", r"\b(?:operat(?:es?|ing) (?:from|at|across|out of)|located at|premises at|spread over|across|total of)\s(\d{1,3}|two|three|four|five|six|seven|eight)\s(?:\w+\s)?(?:locations|sites|premises|properties|buildings)\b"),
    _rule("employees", r"\b(?:employs?|employing|workforce of|staff of|team of)\s(?:approximately\s|around\s|about\s|over\s|some\s)?(\d{1,3}(?:,\d{3})*)\b"),
    _rule("employees", r"\b(\d{1,3}(?:,\d{3})*)\s(?:full[- ]time\s|ftes?\s|permanent\s)?(?:employees|staff members|staff\b(?!\smember))", 0.9),
)  # fmt: skip
_KINDS: dict[str, str] = {"total_locations": "stories"}  # numbers in words are read as those of storeys
_CLOSING = re.compile(
    r"^(?:best|kind|warm|with (?:best|kind)|many)?\s?(?:regards|wishes|thanks|sincerely|yours (?:sincerely|faithfully|truly)|thank you|cheers|"
    r"respectfully|cordially|saludos|atentamente)\b[\s,.!]*$", re.IGNORECASE,
)  # fmt: skip
_PERSON = re.compile(r"(?:[A-Z][\w'\u2019.-]+)(?:\s(?:[A-Z][\w'\u2019.-]*|de|van|von|la))+\s*")
_NO_PERSON = frozenset(
    ("inc", "llc", "ltd", "group", "insurance", "agency", "services", "solutions", "company", "limited")
)
_SIGNED_LINES = 7
_HEAD_LINES = 8
_LONGEST_HEAD = 90
_TRADE = re.compile(
    r"\b(?:insurance|reinsurance|commercial|risk)\s(?:\w+\s)?(?:brokers?|brokerage|advisors|agency|agents)\b",
    re.IGNORECASE,
)
_MOST = 40_000


def read_prose(collector: Collector, reading: Reading) -> None:
    """Keep what sentences say. A value that a label gave already is only confirmed or contradicted."""
    for page in reading.pages:
        collector.turn(page)
        for text in _paragraphs(page):
            for rule, words, quote in _matches(text):
                _keep(collector, rule, words, quote)
        _signature(collector, page)
        if page.number == 1:
            _letterhead(collector, page)


def _keep(collector: Collector, rule: _Rule, words: str, quote: str) -> None:
    spec = by_name()[rule.field]
    value = read_value(_KINDS.get(rule.field, spec.kind), words.strip(" .,;"), collector.conventions)
    if value is not None:
        collector.add(spec, value, "", (quote,), PROSE * rule.sure)


def _matches(text: str) -> Iterator[tuple[_Rule, str, str]]:
    for rule in _RULES:
        for match in rule.pattern.finditer(text):
            words = match.group(match.lastindex or 0)
            yield rule, words, match.group().strip(" .,;")


def _paragraphs(page: Page) -> Iterator[str]:
    """Text of lines that follow each other closely, with single spaces."""
    block: list[Line] = []
    taken = {number for table in page.tables if table.ruled for number in range(table.first, table.last + 1)}
    size = 0
    for number, line in enumerate(page.lines):
        size += len(line.text)
        if size > _MOST:
            break
        if block and (line.top - block[-1].bottom > line.size or number in taken):
            yield _joined(block)
            block = []
        if number not in taken:
            block.append(line)
    if block:
        yield _joined(block)


def _joined(block: list[Line]) -> str:
    return " ".join(word for line in block for word in line.text.split())


def _letterhead(collector: Collector, page: Page) -> None:
    """The name above a line that says what the house is: ``Insurance Brokers``."""
    for above, below in pairwise(page.lines[:_HEAD_LINES]):
        name = above.text.strip()
        alone = len(above.cells) == len(below.cells) == 1 and label_of(name) is None
        says = _TRADE.search(below.text) and not _TRADE.search(name) and len(below.text) <= _LONGEST_HEAD
        if alone and says and above.size >= below.size and len(name.split()) > 1:
            value = read_value("name", name, collector.conventions)
            if value is not None:
                collector.add(by_name()["broker"], value, "", (above.text,), PROSE)
                return


def _signature(collector: Collector, page: Page) -> None:
    lines = [" ".join(line.text.split()) for line in page.lines]
    for number, line in enumerate(lines):
        if not _CLOSING.match(line):
            continue
        below = [text for text in lines[number + 1 : number + 1 + _SIGNED_LINES] if text]
        if below and (person := _PERSON.match(below[0])) and not _firm(below[0]):
            name = person.group().strip()
            collector.add(by_name()["contact_name"], Value(name, name), "", (below[0],), PROSE)
        for field in ("contact_phone", "contact_email"):
            _first(collector, field, below)


def _first(collector: Collector, field: str, below: list[str]) -> None:
    spec = by_name()[field]
    for text in below:
        value = read_value(spec.kind, text, collector.conventions)
        if value is not None:
            collector.add(spec, value, "", (text,), PROSE)
            return


def _firm(text: str) -> bool:
    return bool({word.casefold().strip(".,") for word in text.split()} & _NO_PERSON)
