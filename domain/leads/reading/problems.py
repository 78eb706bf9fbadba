"""Every problem that reading can name: its code, what it means, and what the sender can do about it."""

from __future__ import annotations

from kernel.errors import FieldError

_VALUE_LENGTH = 80

# code -> (message, remedy). A code never changes once released; the words may.
_PROBLEMS: dict[str, tuple[str, str]] = {
    "blank_row": ("the row has no content", "delete the row, or fill it"),
    "no_contact": (
        "there is no valid e-mail address and no phone number that could exist",
        "add an e-mail address such as name@host.com, or a phone number with its area code",
    ),
    "row_short": ("the row has fewer cells than the header", "check the row for a missing delimiter"),
    "row_long": ("the row has more cells than the header", "put quotes around cells that contain the delimiter"),
    "unbalanced_quote": (
        "a quotation mark opens in this row and is not closed properly; the line was read without quoting",
        "close the quotation mark, or double it where it is part of the text",
    ),
    "stray_quote": (
        "a quotation mark stands inside a quoted cell",
        "double quotation marks that are part of the text",
    ),
    "control_characters": ("characters that control a terminal, or are none, were left out", "export the file again"),
    "formula_no_value": (
        "the cell holds a formula without a stored result, and formulas are not calculated",
        "open the workbook, let it calculate, and save it",
    ),
    "formula_error": ("the cell's formula failed in the workbook", "correct the formula, or write the value"),
    "too_long": ("the cell is too long to be read as this field", "write at most 2,000 characters"),
    "swapped": ("the cells of two columns were exchanged in this row and were put right", "check the row"),
    "email_invalid": ("this is not a valid e-mail address", "write it as name@host.com without spaces"),
    "email_missing_domain_end": (
        "the address has no top-level domain",
        "complete the part after the @, as in host.com",
    ),
    "email_broken": (
        "words stand before the address, so it is unclear where it begins",
        "write the address alone, without spaces",
    ),
    "phone_unreadable": ("no phone number could be read here", "write the number with its area code or country code"),
    "phone_no_country": ("the number has no country code and no country is assumed", "write it as +1 617 555 0123"),
    "phone_impossible": (
        "the number has too few or too many digits",
        "write the number with its area code or country code",
    ),
    "phone_invalid": ("the number has the right length but no such number is assigned", "check the area code"),
    "phone_spreadsheet_damage": (
        "a spreadsheet rounded the number, and digits are lost",
        "format the column as text in the spreadsheet and export again",
    ),
    "name_is_email": ("the name is an e-mail address", "write the person's name"),
    "zip_leading_zero": ("the ZIP code lost its leading zero and it was put back", "format the column as text"),
    "zip_invalid": ("this is not a US ZIP code", "write 5 digits, or 5+4"),
    "state_unknown": ("this is not a US state or territory", "write the two-letter USPS code"),
    "state_corrected": ("the state was misspelled and the nearest name was taken", "write the two-letter USPS code"),
    "place_no_state": ("no US state can be read from the address", "write city, two-letter state and ZIP code"),
    "date_ambiguous": (
        "day and month could be exchanged; it was read with the month first",
        "write dates as YYYY-MM-DD",
    ),
    "date_ambiguous_day_first": (
        "day and month could be exchanged; it was read with the day first",
        "write dates as YYYY-MM-DD",
    ),
    "date_impossible": ("there is no such day", "write dates as YYYY-MM-DD"),
    "date_relative": ("a word such as yesterday has no fixed date", "write dates as YYYY-MM-DD"),
    "date_two_digit_year": ("the century is not written and was assumed", "write the year with four digits"),
    "date_no_century": ("the century is not written", "write the year with four digits"),
    "date_spreadsheet_serial": (
        "this looks like a spreadsheet's day number, not a date",
        "format the column as a date and export again",
    ),
    "date_unreadable": ("no date could be read here", "write dates as YYYY-MM-DD"),
    "date_in_future": ("the date lies in the future", "check the year"),
    "age_invalid": ("this is not an age in years", "write whole years from 0 to 120"),
    "number_invalid": ("this is not a whole number", "write digits only"),
    "money_unreadable": ("no amount of money could be read here", "write it as 1234.50"),
    "money_ambiguous": ("the separator could mean thousands or decimals", "write it as 1234.50"),
    "money_range": ("this is a range, not one amount", "write one amount"),
    "line_unclear": (
        "this does not name one line of insurance",
        "name the line, for example auto, home, life or medicare",
    ),
    "language_unknown": ("the language is not known", "write a language code such as en or es"),
    "consent_unclear": ("this says neither yes nor no, and counts as no consent", "write yes or no"),
    "ip_invalid": ("this is not an IP address", "write it as 203.0.113.7"),
}


def problem(code: str, field: str, value: str | None = None) -> FieldError:
    """The problem ``code`` of one field, named as the sender wrote it; ``value`` is cut to 80 characters.

    Raises KeyError on a code that is not in the table.
    """
    message, remedy = _PROBLEMS[code]
    return FieldError(field, code, message, remedy, None if value is None else value[:_VALUE_LENGTH])
