"""XML files of leads: the shape that ADF and ACORD share, a row for each record in canonical fields and dotted leftovers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from domain.leads.reading.headers import FIELDS
from integrations.leadfiles.encoding import Opener, choose_encoding
from integrations.leadfiles.markup import Element, Markup, records_in
from integrations.leadfiles.table import SAMPLE_ROWS, Survey, TableRow, counted, refused, row_of
from kernel.errors import FieldError

_HEAD = 65_536
_NAMES = 150
_COLUMNS = 1_000  # nothing is inferred about them, so that more than in a table do no harm
_DECLARED = re.compile(r"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']", re.IGNORECASE)
_PROLOG = re.compile(
    r"(?:\ufeff|\s|<\?xml(?:\s[^<>\u201c\u201d]*)?\?>|<\?(?!xml)[\w-]+(?:\s[^<>\u201c\u201d]*)?\?>|<!--.*?-->)*",
    re.DOTALL,
)
_ENTITY = re.compile(r"<!\s*ENTITY", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!\s*DOCTYPE", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One XML format: its name, the names of its records as a regular expression, and how a record becomes cells and notes.

    Cells are under canonical names (:data:`domain.leads.reading.FIELDS`, ``vehicle_year`` and the like) or, where there is
    none, under the dotted path of the element.
    """

    name: str
    root: str
    records: str
    read: Callable[[Element], tuple[dict[str, str], list[FieldError]]]


class XmlFile:
    """A file of ``dialect``."""

    def __init__(self, source: Opener, dialect: Dialect) -> None:
        """Raises :class:`kernel.errors.Invalid` for an empty or binary file, and for one that declares entities."""
        with source() as file:
            found = _DECLARED.search(file.read(_HEAD).decode("latin-1"))
        self._source = source
        self._dialect = dialect
        self._chosen = choose_encoding(source, declared=found.group(1) if found else None)
        self.format = dialect.name
        with self._chosen.text(source()) as text:
            self._prolog = _prolog(text.read(_HEAD).replace("\0", ""), dialect.root)

    def survey(self) -> Survey:
        """Read the file through once. Raises Invalid where no record is in it."""
        names: dict[str, None] = {}
        sample: list[TableRow] = []
        number = 0
        for number, row in enumerate(self._rows(), 1):
            counted(number)
            for name in row.cells:
                if len(names) < _COLUMNS:
                    names.setdefault(name)
            if number <= SAMPLE_ROWS:
                sample.append(row)
        if number == 0:
            message = f"there is no <{self._dialect.records.split('|')[0]}> in the file"
            raise refused("no_record", message, "send one for each lead")
        header = tuple(names)
        fields = {name: name if name in FIELDS else None for name in header}
        return Survey(header, number, tuple(sample), (*self._chosen.problems, *self._prolog), fields)

    def rows(self, survey: Survey) -> Iterator[TableRow]:
        """Every row from the first. A name that a record does not have is an empty cell."""
        empty = dict.fromkeys(survey.header, "")
        for row in self._rows():
            cells = {} if row.fault else {**empty, **row.cells}
            yield TableRow(row.number, cells, row.raw_problem, row.fault, row.notes)

    def _rows(self) -> Iterator[TableRow]:
        with self._chosen.text(self._source()) as text:
            for number, record in enumerate(records_in(text, self._dialect.records), 1):
                yield self._row(number, record)

    def _row(self, number: int, record: Markup) -> TableRow:
        fault = record.fault
        if record.root is None:
            unread = FieldError(
                "record", "xml_broken", f"line {record.line}: nothing of it could be read", "send it again"
            )
            return row_of(number, {}, fault=fault or unread, notes=record.notes)
        cells, notes = self._dialect.read(record.root)
        return row_of(number, cells, notes=(*record.notes, *notes))


class Cells:
    """Cells under construction: the first text under a name stays, later ones go beside it."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def put(self, name: str, text: str) -> None:
        """Set ``name`` unless it is set or ``text`` is empty."""
        if text and name not in self.texts:
            self.texts[name] = text

    def add(self, name: str, text: str, *, between: str = ", ") -> None:
        """Set ``name``, or put ``text`` behind what stands there, unless it stands there already."""
        held = self.texts.get(name)
        if text and held is None:
            self.texts[name] = text
        elif text and held is not None and text not in held.split(between):
            self.texts[name] = f"{held}{between}{text}"

    def leftovers(self, element: Element, used: set[int]) -> None:
        """Every text and attribute below ``element`` that is not of a ``used`` element (by ``id``), under its dotted path;
        elements that come several times are numbered. Past 150 names the rest stands together under ``more``.
        """
        waiting = list(reversed(_named(element, "")))
        while waiting:
            child, here = waiting.pop()
            if id(child) not in used:
                self._left(here, child.text)
                for key, value in child.attributes.items():
                    self._left(f"{here}.{key}", value)
            waiting += reversed(_named(child, here))

    def _left(self, path: str, text: str) -> None:
        if text and len(self.texts) < _NAMES:
            self.put(path, text)
        elif text:
            self.add("more", f"{path}={text}", between="; ")


def _named(element: Element, path: str) -> list[tuple[Element, str]]:
    """The children with their paths."""
    counts = Counter(child.name for child in element.children)
    seen: Counter[str] = Counter()
    named = []
    for child in element.children:
        seen[child.name] += 1
        name = f"{child.name}.{seen[child.name]}" if counts[child.name] > 1 else child.name
        named.append((child, f"{path}.{name}" if path else name))
    return named


def use(element: Element, path: str, used: set[int]) -> str:
    """The first text at ``path``, whose element is then ``used``; empty without."""
    for found in element.all(path):
        if found.text:
            used.add(id(found))
            return found.text
    return ""


def put_vehicles(cells: Cells, vehicles: list[Mapping[str, str]]) -> None:
    """The first vehicle under ``vehicle_year``, ``vehicle_make``, ``vehicle_model``, ``vehicle_vin``; all under ``vehicles``."""
    for vehicle in vehicles:
        cells.add(
            "vehicles",
            " ".join(filter(None, (vehicle.get(part, "") for part in ("year", "make", "model")))),
            between="; ",
        )
    for part in ("year", "make", "model", "vin"):
        cells.put(f"vehicle_{part}", vehicles[0].get(part, "") if vehicles else "")


def _prolog(head: str, root: str) -> tuple[FieldError, ...]:
    opening = re.search(rf"<(?:[\w.-]+:)?(?:{root})[\s/>]", head, re.IGNORECASE)
    before = head[: opening.start()] if opening else ""
    if _ENTITY.search(before):
        raise refused("xml_entities", "the file declares XML entities", "write the characters themselves")
    notes = []
    if _DOCTYPE.search(before):
        message = "the document type was not read"
        notes.append(FieldError("file", "doctype_ignored", message, "leave it out"))
        before = before[: (_DOCTYPE.search(before) or re.match("", before)).start()]  # type: ignore[union-attr]
    wrong = _PROLOG.match(before)
    if wrong is not None and wrong.end() < len(before):
        line = before.count("\n", 0, wrong.end()) + 1
        stands = before[wrong.end() :].strip().splitlines()[0][:80]
        message = f"line {line}: this is no XML declaration; it was not read"
        notes.append(
            FieldError(
                "file", "xml_prolog", message, 'write <?xml version="1.0"?> with straight quotation marks', stands
            )
        )
    return tuple(notes)
