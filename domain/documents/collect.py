"""Findings as they are made: each value is read, checked, given to its item and quoted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from domain.documents.amounts import amounts_in, read_limit
from domain.documents.fields import DocumentField, Quoting
from domain.documents.items import ItemHeading, Items
from domain.documents.labels import BULLET, Label, prefix_label
from domain.documents.page import Cell, Origin, Page
from domain.documents.pairs import LOOSE, Pair
from domain.documents.specs import FieldSpec, by_name, coverages, fold
from domain.documents.values import Conventions, Value, blank, read_value

TABLE = 0.93
"""Confidence of a cell under a header that is known."""

MOST_FIELDS = 5_000
"""Values kept of one document."""

_YEARED = re.compile(r"^((?:19|20)\d{2})\s*[:\u2013-]\s*(\S.*)$")
_NO_LOSS = re.compile(r"(?:nil|none|no (?:claims?|losses|incidents?)).*", re.IGNORECASE)
_CLAIMS = re.compile(r"\b(?:claims?|loss(?:es)?)\b", re.IGNORECASE)
_BUILT = re.compile(r"\bbuilt\s(?:in\s|circa\s|c\.?\s)?(1[89]\d{2}|20\d{2})\b", re.IGNORECASE)
_FLOOD_ZONE = re.compile(r"\bflood zone:?\s([ABCDVX]{1,2}\d{0,2}|AE|AH|AO|AR|VE)\b(?!\w)")
_ADDRESS_LINES = 4
_USUAL = 4
_UNUSUAL = 0.97
_RECOGNISED = 0.95


class Collector:
    """Fields found so far, on the page that is open."""

    def __init__(self, conventions: Conventions) -> None:
        self.conventions = conventions
        self.items = Items()
        self.found: list[DocumentField] = []
        self._quoting: Quoting | None = None

    @property
    def full(self) -> bool:
        """Whether as much was found as is kept; a schedule of ten thousand rows is data to import, not a document to read."""
        return len(self.found) >= MOST_FIELDS

    @property
    def origin(self) -> Origin:
        """How the words of the open page were come by."""
        return self._page.origin

    @property
    def _page(self) -> Page:
        assert self._quoting is not None, "turn to a page first"
        return self._quoting.page

    def turn(self, page: Page) -> None:
        """Open a page."""
        self._quoting = Quoting(page)

    def row_quote(self, row: Sequence[Cell]) -> str:
        """The line of the page that holds this row of a table, where one does."""
        assert self._quoting is not None
        return self._quoting.row(row)

    def add(
        self,
        spec: FieldSpec,
        value: Value,
        shown: str,
        parts: Sequence[str],
        sure: float,
        item: int | None = None,
        quote: str = "",
    ) -> None:
        """Keep a value with its words."""
        assert self._quoting is not None
        if self.full:
            return
        quote = quote or self._quoting.quote(shown, parts, value.words)
        confidence = round(min(1.0, sure * value.sure), 4)
        self.found.append(
            DocumentField(
                spec.name, value.value, self._page.number, quote, confidence, self.origin.value, shown.strip(), item
            )
        )

    def pair(self, pair: Pair, section: int | None = None) -> bool:
        """Keep the value of a label, if it passes the check of its kind. ``section`` is the thing whose section it stands in."""
        if pair.label.coverage is not None:
            self._coverage(pair)
            return True
        spec = pair.label.spec
        assert spec is not None
        if spec.kind == "period":
            self._period(pair)
            return True
        parts = pair.parts if spec.kind != "address" else (*pair.parts, *pair.below[: _ADDRESS_LINES - 1])
        value = read_value(spec.kind, _joined(spec, pair, parts), self.conventions)
        if value is None and spec.kind == "name" and len(pair.parts) > 1:
            parts, value = pair.parts[:1], read_value("name", pair.parts[0], self.conventions)
        if value is None:
            return False
        sure = pair.sure * (_RECOGNISED if self.origin is Origin.OCR else 1.0) * _first_words(spec, pair.shown)
        if spec.kind == "vehicle":
            self._vehicle(value, pair.shown, parts, sure, section)
            return True
        item = section
        if item is None and spec.group:
            item = self.items.take(spec.group, spec.attribute, value.value)
        self.add(spec, value, pair.shown, parts, sure, item)
        if spec.name == "named_insured":
            self._address_below(pair, sure)
        elif spec.name == "location.construction" and (built := _BUILT.search(value.words)):
            year = Value(int(built.group(1)), built.group())
            self.add(by_name()["location.year_built"], year, pair.shown, parts, sure * LOOSE, item)
        return True

    def cell(
        self, spec: FieldSpec, cell: Cell, header: str, item: int | None, conventions: Conventions, quote: str = ""
    ) -> bool:
        """Keep a table's cell; False when it holds no such value."""
        value = read_value(spec.kind, cell.text, conventions)
        if value is None:
            return False
        if spec.kind == "vehicle":
            self._vehicle_parts(value, header, cell.parts, TABLE * cell.confidence, item)
        else:
            self.add(spec, value, header, cell.parts, TABLE * cell.confidence, item, quote)
        return True

    def begin(self, heading: ItemHeading, text: str) -> int:
        """A section about one thing begins; its number among its like."""
        named = {"name": heading.name} if heading.name and heading.group == "location" else {}
        item = self.items.open(heading.group, heading.number, **named)
        shown = text[: len(text) - len(heading.name)].rstrip(" :-\u2013") if heading.name else text
        if heading.group == "location" and heading.name:
            self.add(by_name()["location.name"], Value(heading.name, heading.name), shown, (heading.name,), TABLE, item)
        elif heading.group == "vehicle" and (value := read_value("vehicle", heading.name, self.conventions)):
            self._vehicle_parts(value, shown, (heading.name,), TABLE, item)
        elif heading.group == "driver" and (value := read_value("person", heading.name, self.conventions)):
            self.add(by_name()["driver.name"], value, shown, (heading.name,), TABLE, item)
        return item

    def coverage_row(self, row: Sequence[Cell]) -> bool:
        """A row outside any known table that begins with a coverage and goes on with amounts: limit, then premium."""
        filled = [cell for cell in row if not cell.blank]
        name, texts = self._coverage_start(filled)
        if name is None or not texts:
            return False
        limits = [limit for text in texts if (limit := read_limit(text, self.conventions.currency))]
        if not limits or not any(limit[0]["amounts"] or len(filled) > 1 for limit in limits):
            return False
        item = self.items.open("coverage", name=name)
        shown = filled[0].text
        self.add(by_name()["coverage.name"], Value(name, shown), shown, texts[:1], LOOSE, item)
        self.add(by_name()["coverage.limit"], Value(limits[0][0], limits[0][1]), shown, texts[:1], LOOSE, item)
        if len(limits) > 1 and len(limits[-1][0]["amounts"]) == 1:
            premium = Value(limits[-1][0]["amounts"][0], limits[-1][1])
            self.add(by_name()["coverage.premium"], premium, shown, texts[-1:], LOOSE, item)
        return True

    def coverage_heading(self, cell: Cell) -> bool:
        """``Employers Liability (£10m Limit)``: a heading that names a coverage and its limit."""
        name = coverages().get(fold(cell.text)) or coverages().get(fold(cell.text).removesuffix(" coverage"))
        limit = read_limit(cell.text, self.conventions.currency)
        if name is None or limit is None or not limit[0]["amounts"]:
            return False
        item = self.items.open("coverage", name=name)
        self.add(by_name()["coverage.name"], Value(name, cell.text), "", cell.parts, LOOSE, item)
        self.add(by_name()["coverage.limit"], Value(limit[0], limit[1]), "", cell.parts, LOOSE, item)
        return True

    def spoken_of(self, row: Sequence[Cell], section: int) -> None:
        """What a sentence within a location's section says of it: the flood zone (FEMA's letters)."""
        for cell in row:
            match = _FLOOD_ZONE.search(
                cell.text.replace("Flood Zone", "flood zone").replace("FLOOD ZONE", "flood zone")
            )
            if match:
                zone = Value(match.group(1), match.group(1))
                self.add(by_name()["location.flood_zone"], zone, "", cell.parts, LOOSE, section)

    def vin_line(self, row: Sequence[Cell]) -> bool:
        """A vehicle in running text, known by a valid VIN: ``2019 Honda Accord EX 1HGCM82633A004352``."""
        for cell in row:
            vin = read_value("vin", cell.text, self.conventions)
            if vin is None or vin.sure < 1.0:
                continue
            item = self.items.open("vehicle", vin=vin.value)
            self.add(by_name()["vehicle.vin"], vin, "", cell.parts, LOOSE, item)
            if named := read_value("vehicle", BULLET.sub("", cell.text), self.conventions):
                self._vehicle_parts(named, "", cell.parts, LOOSE, item)
            return True
        return False

    def claim_line(self, row: Sequence[Cell], title: str) -> bool:
        """``2022: EL Claim - ... £3,500`` below a heading about claims."""
        filled = [cell for cell in row if not cell.blank]
        match = _YEARED.match(BULLET.sub("", filled[0].text)) if len(filled) == 1 and _CLAIMS.search(title) else None
        if match is None:
            return False
        if _NO_LOSS.fullmatch(match.group(2).strip()):
            return True
        item = self.items.open("loss", date=filled[0].text)
        self.add(by_name()["loss.date"], Value(match.group(1), match.group(1)), "", filled[0].parts, LOOSE, item)
        words = match.group(2).strip()
        self.add(by_name()["loss.description"], Value(words, words), "", filled[0].parts, LOOSE, item)
        if amounts := [amount for amount in amounts_in(words, self.conventions.currency) if amount.sure == 1.0]:
            paid = Value(amounts[0].as_json(), amounts[0].words)
            self.add(by_name()["loss.amount"], paid, "", filled[0].parts, LOOSE, item)
        return True

    def _coverage_start(self, filled: Sequence[Cell]) -> tuple[str | None, list[str]]:
        if not filled or ":" in filled[0].text:
            return None, []
        if len(filled) > 1:
            return coverages().get(fold(BULLET.sub("", filled[0].text))), [cell.text for cell in filled[1:]]
        begun = prefix_label(filled[0].text)
        if begun is None or begun[0].coverage is None or begun[0].part != "limit":
            return None, []
        return begun[0].coverage, [begun[2]]

    def _coverage(self, pair: Pair) -> None:
        label: Label = pair.label
        assert label.coverage is not None
        spec = by_name()[f"coverage.{label.part}"]
        value = read_value(spec.kind, pair.text, self.conventions)
        if value is None:
            return
        item = self.items.open("coverage", name=label.coverage)
        name = Value(label.coverage, pair.shown)
        self.add(by_name()["coverage.name"], name, pair.shown, pair.parts, pair.sure, item)
        self.add(spec, value, pair.shown, pair.parts, pair.sure, item)

    def _period(self, pair: Pair) -> None:
        text = " ".join((*pair.parts, *pair.below[:1]))
        value = read_value("period", text, self.conventions)
        if value is not None:
            for name, end in (("effective_date", "from"), ("expiration_date", "to")):
                self.add(
                    by_name()[name], Value(value.value[end], value.words, value.sure), pair.shown, pair.parts, pair.sure
                )

    def _vehicle(self, value: Value, shown: str, parts: Sequence[str], sure: float, section: int | None) -> None:
        vin = read_value("vin", " ".join(parts), self.conventions)
        item = section or self.items.open("vehicle", vin=vin.value if vin else None, description=value.words)
        self._vehicle_parts(value, shown, parts, sure, item)
        if vin:
            self.add(by_name()["vehicle.vin"], vin, shown, parts, sure, item)

    def _vehicle_parts(self, value: Value, shown: str, parts: Sequence[str], sure: float, item: int | None) -> None:
        for part, said in value.value.items():
            self.add(by_name()[f"vehicle.{part}"], Value(said, value.words, value.sure), shown, parts, sure, item)

    def _address_below(self, pair: Pair, sure: float) -> None:
        lines: list[str] = []
        for text in (*pair.parts[1:], *pair.below):
            if blank(text):
                break
            lines.append(text)
        for count in range(min(_ADDRESS_LINES, len(lines)), 0, -1):
            for start in range(len(lines) - count + 1):
                taken = lines[start : start + count]
                value = read_value("address", ", ".join(taken), self.conventions)
                if value is not None and _complete(value.value):
                    self.add(by_name()["mailing_address"], value, pair.shown, taken, sure)
                    return


def _joined(spec: FieldSpec, pair: Pair, parts: Sequence[str]) -> str:
    # Lines of an address that stand below each other have no commas between them.
    return (", " if spec.kind == "address" and pair.below else " ").join(part.rstrip(" ,") for part in parts)


def _first_words(spec: FieldSpec, shown: str) -> float:
    # The first labels of a field are its usual ones; the last may mean a part of it.
    plain = fold(shown)
    return 1.0 if plain in (*spec.labels[:_USUAL], *spec.inside) else _UNUSUAL


def _complete(address: dict[str, Any]) -> bool:
    return bool(address["zip"] and address["street"])
