"""Tables that list things: one row a thing, or one column a thing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from domain.documents.collect import TABLE, Collector
from domain.documents.columns import Column, Listing
from domain.documents.items import item_heading
from domain.documents.labels import label_of
from domain.documents.page import Cell
from domain.documents.specs import KEYS, by_name, coverages, fold
from domain.documents.values import Value, blank, read_value

_TOTAL = re.compile(r"^(?:grand |sub ?|overall |portfolio )?totals?\b")
_TOTALS = {
    ("exposure", "payroll"): "payroll", ("exposure", "turnover"): "turnover", ("exposure", "headcount"): "employees",
    ("location", "tiv"): "total_insured_value", ("sum_insured", "amount"): "total_insured_value",
}  # fmt: skip
_OF_A_LOSS = frozenset(("type", "description", "reserve", "claim_number"))
_NUMBERED = re.compile(
    r"^(?:loc(?:ation)?|property|site|premises|building)\.?\s*#?\s*(\d{1,3})\b\s*[:.\u2013-]*\s*(.*)$", re.IGNORECASE
)


def read_listing(
    collector: Collector, rows: Sequence[Sequence[Cell]], listing: Listing, section: str | None = None
) -> list[Sequence[Cell]]:
    """Keep every row of the listing, and return the rows that are none of its things. ``section`` names the location that the
    table stands under. Totals of values, payroll, turnover and head count are the document's own.
    """
    left: list[Sequence[Cell]] = []
    carried: dict[int, Cell] = {}
    for row in rows[listing.start :]:
        if collector.full:
            break
        cells = {place: row[place] for place in listing.columns if place < len(row) and not blank(row[place].text)}
        first = next((cell.text for cell in row if not cell.blank), "")
        if _TOTAL.match(fold(first)) or fold(first) == "total":
            if not _totals(collector, listing, cells):
                left.append(row)
            continue
        if listing.group == "sum_insured":
            cells = _carried(listing, cells, carried)
        if not _row(collector, listing, cells, section, collector.row_quote(row)):
            left.append(row)
    return left


def transposed_heads(rows: Sequence[Sequence[Cell]]) -> dict[int, tuple[str, int]]:
    """Columns that are things: ``{place: (group, number)}`` for a header such as ``Coverage | Vehicle 1 | Vehicle 2`` over
    rows of labels; empty for any other table.
    """
    if len(rows) < 2 or len(rows[0]) < 3:  # noqa: PLR2004 - labels and two things
        return {}
    heads = {place: found for place, cell in enumerate(rows[0][1:], 1) if (found := item_heading(cell.text))}
    groups = {found.group for found in heads.values()}
    if len(heads) < 2 or len(groups) != 1 or len(heads) < sum(not cell.blank for cell in rows[0][1:]):  # noqa: PLR2004
        return {}
    (group,) = groups
    labels = [label_of(row[0].text, group) for row in rows[1:] if not row[0].blank]
    own = sum(label is not None and label.spec is not None and label.spec.group == group for label in labels)
    return {place: (found.group, found.number) for place, found in heads.items()} if own * 2 >= len(labels) > 0 else {}


def read_transposed(collector: Collector, rows: Sequence[Sequence[Cell]], heads: dict[int, tuple[str, int]]) -> None:
    """Keep every column of a table whose columns are things."""
    for place, (group, number) in heads.items():
        item = collector.items.open(group, number)
        for row in rows[1:]:
            label = label_of(row[0].text, group)
            if label and label.spec and label.spec.group == group and place < len(row):
                collector.cell(label.spec, row[place], row[0].text, item, collector.conventions)


def _whole_address(read: dict[str, Value]) -> Value | None:
    """The address with the city, state and postcode of its own columns, where it lacks them."""
    if "address" not in read or not read.keys() & {"city", "postcode"} or read["address"].value["zip"]:
        return None
    city, state, code = (str(read[key].value) if key in read else None for key in ("city", "state", "postcode"))
    street = read["address"].value["text"]
    end = " ".join(part for part in (state, code) if part)
    text = ", ".join(part for part in (street, city, end) if part)
    value = {"text": text, "street": street, "city": city, "state": state, "zip": code}
    return Value(value, read["address"].words)


def _row(collector: Collector, listing: Listing, cells: dict[int, Cell], section: str | None, quote: str) -> bool:
    held = {listing.columns[place].spec.attribute: (listing.columns[place], cell) for place, cell in cells.items()}
    read = {
        attribute: value
        for attribute, (column, cell) in held.items()
        if (value := read_value(column.spec.kind, cell.text, column.conventions)) is not None
    }
    one_of, also = KEYS[listing.group]
    if not read.keys() & one_of or (also and not read.keys() & also):
        return False
    if len(held) == 1 and len(listing.columns) > 2:  # noqa: PLR2004 - a heading within the table
        return False
    if listing.group == "loss" and not _a_loss(held, read):
        return True
    item = _item(collector, listing, read)
    for column, cell in held.values():
        if column.spec.name == "coverage.name":
            name = coverages().get(fold(cell.text), cell.text)
            collector.add(
                column.spec, Value(name, cell.text), column.header, cell.parts, TABLE * cell.confidence, item, quote
            )
            continue
        whole = _whole_address(read) if column.spec.name == "location.address" else None
        if whole is not None and quote:
            collector.add(column.spec, whole, column.header, cell.parts, TABLE * cell.confidence, item, quote)
            continue
        inside = quote if all(part in quote for part in cell.parts) else ""
        collector.cell(column.spec, cell, column.header, item, column.conventions, inside)
    if listing.group == "contact":
        _named_by_role(collector, held, read)
    if listing.group == "sum_insured":
        _of_location(collector, held, read, item, section)
    return True


def _item(collector: Collector, listing: Listing, read: dict[str, Value]) -> int:
    if listing.group == "coverage" and "name" in read:
        name = coverages().get(fold(str(read["name"].value)), str(read["name"].value))
        return collector.items.open("coverage", name=name)
    if listing.group in {"location", "vehicle", "driver"}:
        number = read["number"].value if "number" in read else None
        keys: tuple[str, ...] = ("name", "address", "vin")
        named: dict[str, Any] = {key: read[key].value for key in keys if key in read}
        if listing.group == "vehicle" and "vin" not in named and "description" in read:
            named["description"] = read["description"].words
        if listing.group == "location" and not number and "name" not in named and "address" not in named:
            return collector.items.open("location")
        return collector.items.open(listing.group, number, **named)
    # Rows of the other groups are each a thing of their own.
    return collector.items.open(listing.group)


def _a_loss(held: dict[str, tuple[Column, Cell]], read: dict[str, Value]) -> bool:
    # "2024 | Nil | - | -" says that there was none.
    told = [cell.text for attribute, (_, cell) in held.items() if attribute not in {"date", "status"}]
    return bool(told) and any(
        value.value["minor"] if attribute == "amount" else attribute in _OF_A_LOSS for attribute, value in read.items()
    )


def _of_location(
    collector: Collector, held: dict[str, tuple[Column, Cell]], read: dict[str, Value], item: int, section: str | None
) -> None:
    specs = by_name()
    if "location" not in read:
        if section:
            amount = held["amount"][1]
            collector.add(specs["sum_insured.location"], Value(section, section), "", amount.parts, 0.85, item)
        return
    column, cell = held["location"]
    numbered = _NUMBERED.match(cell.text)
    number, name = (int(numbered.group(1)), numbered.group(2)) if numbered else (None, cell.text)
    before = collector.items.count("location")
    address = read["address"].value if "address" in read else None
    place = collector.items.open("location", number, name=name, address=address)
    if collector.items.count("location") == before:
        return
    if name:
        collector.add(specs["location.name"], Value(name, cell.text), column.header, cell.parts, 0.93, place)
    if "address" in read:
        shown, where = held["address"]
        collector.add(specs["location.address"], read["address"], shown.header, where.parts, 0.93, place)


def _named_by_role(collector: Collector, held: dict[str, tuple[Column, Cell]], read: dict[str, Value]) -> None:
    # "Current Insurance Broker | Risk Solutions Group": the role is the label of a field of the whole document.
    label = label_of(held["role"][1].text) if "role" in held else None
    if label and label.spec and label.spec.kind == "name" and label.spec.group is None and "name" in read:
        _, cell = held["name"]
        collector.add(label.spec, read["name"], held["role"][1].text, cell.parts, 0.9)


def _carried(listing: Listing, cells: dict[int, Cell], carried: dict[int, Cell]) -> dict[int, Cell]:
    """Blank cells of location and address mean the ones above, as merged cells of a spreadsheet come out."""
    above = {place for place, column in listing.columns.items() if column.spec.attribute in {"location", "address"}}
    fresh = any(
        place in cells and carried.get(place) != cells[place]
        for place in above
        if listing.columns[place].spec.attribute == "location"
    )
    if fresh:
        carried.clear()
    carried.update({place: cells[place] for place in above if place in cells})
    return {**{place: cell for place, cell in carried.items() if place in above}, **cells}


def _totals(collector: Collector, listing: Listing, cells: dict[int, Cell]) -> bool:
    kept = False
    for place, cell in cells.items():
        column = listing.columns[place]
        name = _TOTALS.get((listing.group, column.spec.attribute))
        value = read_value(column.spec.kind, cell.text, column.conventions) if name else None
        if name and value:
            collector.add(by_name()[name], value, column.header, cell.parts, 0.9)
            kept = True
    return kept
