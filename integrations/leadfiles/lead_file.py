"""Which format a file of leads has, by its content and never by its name."""

from __future__ import annotations

import re

from integrations.leadfiles.acord import ACORD
from integrations.leadfiles.adf import ADF
from integrations.leadfiles.csv_file import CsvFile
from integrations.leadfiles.encoding import Opener, decode
from integrations.leadfiles.json_file import JsonFile
from integrations.leadfiles.table import LeadFile, refused
from integrations.leadfiles.xlsx_file import XlsxFile
from integrations.leadfiles.xml_file import XmlFile

ACCEPTED = "CSV, XLSX, JSON, JSON lines, ADF XML or ACORD XML"
_HEAD = 65_536
_ZIP = b"PK\x03\x04"
_XML = re.compile(r"\s*<(?:\?|!|[A-Za-z_])")
_ROOT = re.compile(r"<(?:[\w.-]+:)?(adf|prospect|acord)(?=[\s/>])", re.IGNORECASE)
_JSON = re.compile(r'\s*(?:\[\s*[\[{\]"\d-]|\{\s*["}])')


def open_lead_file(source: Opener, size: int, sheet: str | None = None) -> LeadFile:
    """The file behind ``source``, of ``size`` bytes; ``sheet`` names the sheet of a workbook.

    Raises :class:`kernel.errors.Invalid` for an empty or binary file, and for a format that holds no leads.
    """
    with source() as file:
        head = file.read(_HEAD)
    if head.startswith(_ZIP):
        return XlsxFile(source, size, sheet)
    if sheet is not None:
        raise refused("sheet_unknown", "only a workbook has sheets", "leave the sheet out", "sheet")
    text = decode(head).text if head.strip() else ""
    if _XML.match(text):
        root = _ROOT.search(text)
        if root is None:
            raise refused("not_a_lead_file", "this is XML or HTML of a kind that is not read", f"send {ACCEPTED}")
        return XmlFile(source, ACORD if root.group(1).casefold() == "acord" else ADF)
    if _JSON.match(text):
        return JsonFile(source)
    return CsvFile(source)
