"""ADF 1.0, the auto-lead data format: a <prospect> for each lead, with vehicles, customer, vendor and provider."""

from __future__ import annotations

from integrations.leadfiles.markup import Element
from integrations.leadfiles.xml_file import Cells, Dialect, put_vehicles, use
from kernel.errors import FieldError

_NO_VOICE = frozenset(("fax", "pager"))
_NAME_PARTS = {"first": "first_name", "last": "last_name", "full": "full_name"}


def read_prospect(prospect: Element) -> tuple[dict[str, str], list[FieldError]]:
    """Cells of one <prospect>.

    Who asks about a vehicle asks for auto insurance where nothing else is said: that is what ADF is sent to an agency for.
    """
    cells, used = Cells(), set[int]()
    cells.put("submitted_at", use(prospect, "requestdate", used))
    for element in prospect.all("id"):
        cells.put("external_id", element.text)
        used.add(id(element))
    for contact in prospect.all("customer/contact")[:1]:
        _contact(contact, cells, used)
    for element in (*prospect.all("customer/comments"), *prospect.all("vehicle/comments"), *prospect.all("comments")):
        cells.add("message", element.text, between=" ")
        used.add(id(element))
    cells.put("source", use(prospect, "provider/name", used))
    vehicles = prospect.all("vehicle")
    put_vehicles(
        cells, [{part: vehicle.say(part) for part in ("year", "make", "model", "vin")} for vehicle in vehicles]
    )
    for vehicle in vehicles:
        used |= {id(child) for child in vehicle.children if child.name in {"year", "make", "model"}}
    if any(vehicle.say("make") or vehicle.say("vin") for vehicle in vehicles):
        cells.put("line", "auto")
    cells.leftovers(prospect, used)
    return cells.texts, []


def _contact(contact: Element, cells: Cells, used: set[int]) -> None:
    _names(contact, cells, used)
    for kind in ("email", "phone"):
        for way in contact.all(kind):
            if way.attributes.get("type", "").casefold() in _NO_VOICE:
                continue
            cells.put(kind, way.text)
            if way.text != cells.texts.get(kind):
                cells.add(f"{kind}_alt", way.text)
            used.add(id(way))
    for address in contact.all("address")[:1]:
        for street in (*address.all("street"), *address.all("apartment")):
            cells.add("street", street.text)
            used.add(id(street))
        for part, field in (("city", "city"), ("regioncode", "state"), ("postalcode", "zip")):
            cells.put(field, use(address, part, used))


def _names(contact: Element, cells: Cells, used: set[int]) -> None:
    for name in contact.all("name"):
        part = name.attributes.get("part", "full").casefold()
        if name.attributes.get("type", "").casefold() == "business":
            cells.put("company", name.text)
        elif part in _NAME_PARTS:
            cells.put(_NAME_PARTS[part], name.text)
        else:
            continue
        used.add(id(name))


ADF = Dialect("adf", "adf|prospect", "prospect", read_prospect)
