"""Messages of a chat, read by the rules that read every lead."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import date
from types import MappingProxyType
from typing import Any

from domain.chat.intents import plain, yes_or_no
from domain.chat.reading import Answer, Heard
from domain.chat.slots import Kind
from domain.contact.revocation import closes_everything, is_revocation, is_stop_word
from domain.geo import STATES
from domain.leads.classification.lines import line_hints
from domain.leads.extraction.extract import Extraction, extract
from domain.leads.extraction.refusal import read_refusal
from domain.leads.extraction.text import Text
from domain.leads.instructions import set_aside
from domain.leads.reading.dates import read_date
from domain.leads.reading.declared_line import declared_lines
from domain.leads.reading.email import read_email
from domain.leads.reading.headers import read_header
from domain.leads.reading.names import read_name
from domain.leads.reading.phone import read_phone
from domain.leads.reading.place import read_zip
from domain.leads.reading.states import nearest_state, read_state
from domain.leads.reading.values import read_whole
from domain.lines import Line
from integrations.geography import Geography

_SURE = 0.65
_OWN_AGE = 0.8
_OLDEST = 120
_FIRST_YEAR = 1600
_TEXT = 300
_NAME_WORDS = 6
_FEW_WORDS = 3
_EMAIL = re.compile(r"[^\s,;<>()\"']+@[^\s,;<>()\"']+")
_PHONE = re.compile(r"(?<![\w@])\+?\(?\d[\d\s().-]{7,18}\d(?!\w)")
_NAME = re.compile(
    r"\b(?:my name is|my name's|name is|i am called|call me|me llamo|mi nombre es|this is)\s+"
    r"((?:[^\W\d_][\w'.-]*)(?:\s+(?!and\b|y\b|but\b|i\b)[^\W\d_][\w'.-]*){0,3})",
    re.IGNORECASE,
)
_DRIVERS = re.compile(r"\b(\w+) (?:licensed )?(?:drivers?|conductor(?:es)?)\b", re.IGNORECASE)
_PEOPLE = re.compile(r"\b(\w+) (?:people|persons|of us|personas)\b", re.IGNORECASE)
_LONE_ZIP = re.compile(r"^(?:no[, ]+)?(?:it'?s |it is |es |actually )?(\d{5})(?:-\d{4})?[.! ]*$", re.IGNORECASE)
_ZIP_AT = re.compile(r"\b(?:in|zip|code|at|from|near|en|postal)[: ]+(\d{5})\b", re.IGNORECASE)
_DIGITS = re.compile(r"\+?\(?\d[\d\s().-]{5,}\d")
_FEWEST_OF_PHONES = 7
_FILLING = re.compile(
    r"\b(?:my|is|it'?s|its|mi|es|el|la|the|number|phone|e-?mail|zip|code|address|at|correo|telefono|tel[eé]fono|numero|"
    r"n[uú]mero|and|y|also|name|nombre|me llamo|no|actually|sorry|i meant|perd[oó]n|en realidad|codigo|c[oó]digo|postal|"
    r"you can reach me|reach me|or|o)\b",
    re.IGNORECASE,
)
_FILLERS = re.compile(
    r"^(?:well|so|um+|uh|yes|yeah|si|sí|it'?s|it is|its|that would be|the name is|my name is|my name's|name is|i'?m|i am|"
    r"im|me llamo|mi nombre es|soy|es|se llama|this is|just|only|solo|about|around|like|maybe)[,: ]+",
    re.IGNORECASE,
)
_NUMBERS = {
    word: number
    for number, words in enumerate((
        "zero|cero|no|ningun|ninguno", "one|un|uno|una|just me|only me|solo yo|me|yo|myself", "two|dos|both|couple",
        "three|tres", "four|cuatro", "five|cinco", "six|seis", "seven|siete", "eight|ocho", "nine|nueve", "ten|diez",
        "eleven|once", "twelve|doce",
    ))
    for word in words.split("|")
}  # fmt: skip
_YEARS_OLD = re.compile(r"\s*\b(?:years?(?: old)?|yrs?|yo|anos|a\u00f1os)\b.*", re.IGNORECASE)
_MORE_NUMBERS = re.compile(r"\d\D+\d")
_OWN = re.compile(r"\b(?:own|owner|bought|buying|dueno|duena|propi\w+|es mi[ao]|compr\w+)\b")
_RENT = re.compile(r"\b(?:rent\w*|lease|leasing|tenant|alquil\w+|rento|arriend\w+|inquilin\w+)\b")
_FACTS = (
    "zip", "state", "current_carrier", "year_built", "home_tenure", "employees", "business_kind", "household_size",
)  # fmt: skip
"""Fields of the extraction that are slots of the same name."""
_TYPOS = {"insurence": "insurance", "inshurance": "insurance", "insurace": "insurance", "atuo": "auto", "aut": "auto"}
_PASTED = {
    "zip": Kind.ZIP, "state": Kind.STATE, "full_name": Kind.NAME, "phone": Kind.PHONE, "email": Kind.EMAIL,
    "current_carrier": Kind.CARRIER, "employees": Kind.COUNT, "company": Kind.TEXT, "street": Kind.TEXT,
    "date_of_birth": Kind.BIRTH, "age": Kind.BIRTH,
}  # fmt: skip


class LeadReader:
    """See :class:`domain.chat.reading.Reader`. ``region`` is the country of numbers without a code."""

    def __init__(self, geography: Geography, region: str | None, today: date) -> None:
        self._geography = geography
        self._region = region
        self._today = today

    def hear(self, text: str) -> Heard:
        """What a message says by itself."""
        reading = set_aside(text)
        ordered = bool(reading.passages)
        if text.strip()[:1] in "{[":
            return self._pasted(text, ordered=ordered)
        seen = reading.text.strip()
        found = extract(_spelled(seen), self._today)
        facts, rest = self._facts(seen, found)
        age = found.facts.get("age")
        own = age is not None and age.confidence >= _OWN_AGE and not age.others
        stops, forbids = is_stop_word(seen), closes_everything(seen)
        calls = not (stops or forbids) and (is_revocation(seen) or read_refusal(Text.of(seen)).refused)
        lines = _lines_in(seen) or (_lines_in(rest) if facts else ())
        return Heard(
            seen, rest, lines, MappingProxyType(facts), age.value if own and age else None, ordered,
            stops=stops, forbids=forbids, refuses_calls=calls, shown=_shown(seen),
        )  # fmt: skip

    def answer(self, kind: Kind, text: str) -> Answer:
        """A message as the answer to a question of this kind."""
        plain_text = " ".join(_FILLERS.sub("", text.strip()).split()).strip(" .!,;")
        return self._readers[kind](plain_text)

    def age_of(self, birth: str) -> int | None:
        """Whole years of an ISO date, or of an age that was said."""
        if birth.isdigit():
            return int(birth)
        born = date.fromisoformat(birth)
        return self._today.year - born.year - ((self._today.month, self._today.day) < (born.month, born.day))

    def states_of(self, zip_code: str) -> tuple[str, ...] | None:
        """The states in which a ZIP lies."""
        place = self._geography.place(zip_code)
        return None if place is None else place.states

    def _facts(self, seen: str, found: Extraction) -> tuple[dict[str, str], str]:
        """Values by slot, and the text without the words that they came from."""
        facts, rest = self._addresses(seen)
        if named := _NAME.search(rest):
            name = read_name(named.group(1).strip(" .,"))
            if name is not None and not _lines_in(named.group(1)):
                facts["full_name"], rest = name.display, rest.replace(named.group(), " ")
        sure = {
            field: fact
            for field, fact in found.facts.items()
            if fact.confidence >= _SURE and not (fact.others and field != "zip")
        }
        facts |= {slot: str(sure[slot].value) for slot in _FACTS if slot in sure}
        if zip_code := self._place_in(rest):
            facts["zip"] = zip_code
        if (cars := found.facts.get("vehicles")) is not None:
            facts["vehicles"] = _vehicles(cars.value)
        if "date_of_birth" in sure:
            facts["birth"] = str(sure["date_of_birth"].value)
        facts |= {
            slot: str(number)
            for pattern, slot in ((_DRIVERS, "drivers"), (_PEOPLE, "household_size"))
            if (match := pattern.search(rest)) and (number := _count(match.group(1))) is not None
        }
        for quote in (quote for slot in _FACTS if slot in sure for quote in sure[slot].quotes):
            rest = rest.replace(quote, " ")
        whole = not facts or "vehicles" in facts or "birth" in facts
        return facts, rest if whole else _FILLING.sub(" ", rest)

    def _addresses(self, seen: str) -> tuple[dict[str, str], str]:
        """How the person is reached, and the text without it."""
        facts: dict[str, str] = {}
        rest = seen
        for match in _EMAIL.finditer(seen):
            if (email := read_email(match.group().strip(".,;:!?"))) is not None:
                facts["email"], rest = email.address, rest.replace(match.group(), " ")
        for match in _PHONE.finditer(rest):
            phone = read_phone(match.group(), self._region)
            if phone.valid:
                facts["phone"], rest = phone.e164 or phone.raw, rest.replace(match.group(), " ")
        return facts, rest

    def _place_in(self, text: str) -> str | None:
        """A ZIP that stands alone or after a word of place, and is one."""
        found = _LONE_ZIP.match(text.strip()) or _ZIP_AT.search(text)
        return found.group(1) if found and (found.re is _LONE_ZIP or self.states_of(found.group(1))) else None

    def _pasted(self, text: str, *, ordered: bool) -> Heard:
        """Data that somebody pasted: values of fields that a lead has are read, everything else is nobody's wish."""
        facts: dict[str, str] = {}
        lines: tuple[Line, ...] = ()
        for name, value in _leaves(text):
            field = read_header(name).field
            if field == "line":
                lines = declared_lines(value)
                continue
            kind = _PASTED.get(field or "")
            answer = self.answer(kind, value) if kind is not None else Answer()
            if answer.value is not None and field is not None:
                facts["birth" if kind is Kind.BIRTH else field] = answer.value
        birth = facts.get("birth")
        age = self.age_of(birth) if birth else None
        return Heard("", "", lines, MappingProxyType(facts), age, ordered, pasted=True)

    @property
    def _readers(self) -> dict[Kind, Callable[[str], Answer]]:
        return {
            Kind.ZIP: self._zip, Kind.STATE: _state, Kind.COUNT: _counted, Kind.VEHICLES: self._cars,
            Kind.CARRIER: self._carrier, Kind.TENURE: _tenure, Kind.YEAR: self._year, Kind.BIRTH: self._birth,
            Kind.YES_NO: _agreed, Kind.TEXT: _words, Kind.NAME: _name, Kind.PHONE: self._phone, Kind.EMAIL: _email,
        }  # fmt: skip

    def _zip(self, text: str) -> Answer:
        found = re.search(r"(?<!\d)\d{5}(?:-\d{4})?(?!\d)", text)
        reading = read_zip(found.group() if found else text)
        return Answer(reading.text[:5]) if reading.text and not reading.problem else Answer(problem="zip_invalid")

    def _cars(self, text: str) -> Answer:
        cars = extract(text, self._today).facts.get("vehicles")
        return Answer(_vehicles(cars.value)) if cars is not None else _words(text)

    def _carrier(self, text: str) -> Answer:
        named = extract(f"insured with {text}", self._today).facts.get("current_carrier")
        return Answer(str(named.value)) if named is not None else _words(text)

    def _year(self, text: str) -> Answer:
        years = [int(one) for one in re.findall(r"(?<!\d)\d{4}(?!\d)", text)]
        fits = [year for year in years if _FIRST_YEAR <= year <= self._today.year + 1]
        return Answer(str(fits[0])) if len(fits) == 1 else Answer(problem="year_invalid")

    def _birth(self, text: str) -> Answer:
        age = _count(_YEARS_OLD.sub("", text)) if not _MORE_NUMBERS.search(text) else None
        if age is not None:
            return Answer(str(age)) if age <= _OLDEST else self._year_of_birth(age)
        reading = read_date(text, today=self._today, birth=True)
        day = reading.day
        if reading.problem == "date_in_future":
            return Answer(problem="birth_future")
        if day is None:
            said = extract(f"born {text}", self._today).facts.get("date_of_birth")
            day = date.fromisoformat(str(said.value)) if said is not None else None
        if day is None:
            return Answer(problem="birth_invalid")
        if day > self._today:
            return Answer(problem="birth_future")
        return Answer(day.isoformat()) if self._today.year - day.year <= _OLDEST else Answer(problem="birth_age")

    def _year_of_birth(self, number: int) -> Answer:
        """A year alone leaves the age open by one; the day is asked."""
        return Answer(problem="birth_age" if number < _FIRST_YEAR else "birth_invalid")

    def _phone(self, text: str) -> Answer:
        for candidate in (text, *(match.group() for match in _PHONE.finditer(text))):
            phone = read_phone(candidate, self._region)
            if phone.valid and phone.e164:
                return Answer(phone.e164)
        return Answer(problem="phone_invalid")


def _shown(text: str) -> str:
    """The text without what may be an address, a number or a name of the person, be it whole or not."""
    text = re.sub(r"\S*@\S*", "[e-mail]", text)
    text = _DIGITS.sub(
        lambda found: "[phone]" if sum(map(str.isdigit, found.group())) >= _FEWEST_OF_PHONES else found.group(), text
    )
    return _NAME.sub(lambda found: found.group().replace(found.group(1), "[name]"), text)


def _spelled(text: str) -> str:
    return re.sub(r"\b\w+\b", lambda found: _TYPOS.get(found.group().casefold(), found.group()), text)


def _lines_in(text: str) -> tuple[Line, ...]:
    spelled = _spelled(text)
    declared = tuple(line for line in declared_lines(spelled) if line is not Line.UNKNOWN)
    named = line_hints(spelled).named
    # Short words may look like a line to the reader of columns ("State Farm until March"): a phrase has to agree.
    if named:
        return declared if set(named) < set(declared) else named
    return declared if len(text.split()) <= _FEW_WORDS else ()


def _vehicles(cars: Iterable[dict[str, Any]]) -> str:
    return "; ".join(" ".join(str(car[part]) for part in ("year", "make", "model") if car.get(part)) for car in cars)


def _count(text: str) -> int | None:
    low = plain(text).strip(" .,!")
    low = re.sub(r"^(?:there (?:are|is)|we are|we have|i have|somos|hay|tengo|tenemos)\s+", "", low)
    if low in _NUMBERS:
        return _NUMBERS[low]
    first = re.match(r"(\w+)(?:\s|$)", low)
    if first and first.group(1) in _NUMBERS and len(low.split()) <= 4 and first.group(1) not in {"no", "a"}:  # noqa: PLR2004
        return _NUMBERS[first.group(1)]
    whole = re.match(r"(\d{1,5})$|(\d{1,2})(?:[,.;]?\s+\D)", low)
    return read_whole(whole.group(1) or whole.group(2)) if whole else None


def _counted(text: str) -> Answer:
    number = _count(text)
    return Answer(str(number)) if number is not None else Answer(problem="count_invalid")


def _state(text: str) -> Answer:
    words = re.sub(r"^(?:(?:in|the|state of|en|el|estado de)\s+)+", "", text.strip(), flags=re.IGNORECASE)
    code = read_state(words) or nearest_state(words)
    return Answer(code) if code in STATES else Answer(problem="state_invalid")


def _tenure(text: str) -> Answer:
    low = plain(text)
    own, rent = _OWN.search(low), _RENT.search(low)
    if bool(own) == bool(rent):
        return Answer(problem="unclear")
    return Answer("own" if own else "rent")


def _agreed(text: str) -> Answer:
    said = yes_or_no(plain(text))
    return Answer(problem="yes_no_invalid") if said is None else Answer("yes" if said else "no")


def _words(text: str) -> Answer:
    """Words as they stand; a broken address or number is no answer to a question about something else."""
    text = " ".join(re.sub(r"\S*@\S*", " ", text).split())
    if _DIGITS.fullmatch(text) and sum(map(str.isdigit, text)) >= _FEWEST_OF_PHONES:
        return Answer(problem="unclear")
    return Answer(text[:_TEXT]) if any(char.isalnum() for char in text) else Answer(problem="unclear")


def _name(text: str) -> Answer:
    name = read_name(text)
    if name is None or len(text.split()) > _NAME_WORDS or any(char.isdigit() or char in "@{}<>?" for char in text):
        return Answer(problem="name_invalid")
    return Answer(name.display)


def _email(text: str) -> Answer:
    match = _EMAIL.search(text)
    email = read_email((match.group() if match else text).strip(".,;:!?<>"))
    return Answer(email.address) if email is not None else Answer(problem="email_invalid")


def _leaves(text: str) -> Iterable[tuple[str, str]]:
    """Names and values of pasted JSON, at any depth; nothing of what is no JSON."""
    try:
        waiting: list[tuple[str, Any]] = [("", json.loads(text))]
    except (ValueError, RecursionError):
        return
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(str(key), part) for key, part in value.items()]
        elif isinstance(value, list):
            waiting += [(name, part) for part in value]
        elif isinstance(value, str | int) and not isinstance(value, bool):
            yield name, str(value)
