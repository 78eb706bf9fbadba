"""Reading what people send: cells of files and fields of JSON become typed leads, with every doubt named."""

from domain.leads.reading.columns import ColumnMapping, ColumnUse, infer_columns
from domain.leads.reading.draft import LeadDraft, RowReading, read_fields, read_row
from domain.leads.reading.headers import FIELDS

__all__ = [
    "FIELDS",
    "ColumnMapping",
    "ColumnUse",
    "LeadDraft",
    "RowReading",
    "infer_columns",
    "read_fields",
    "read_row",
]
