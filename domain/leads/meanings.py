"""What each line, intent, urgency and extracted field means, in one line each: for prompts, screens and help alike."""

from __future__ import annotations

from collections.abc import Mapping

from domain.leads.classification.urgency import IMMEDIATE_DAYS, SOON_DAYS
from domain.lines import Intent, Line, Urgency

LINES: Mapping[Line, str] = {
    Line.AUTO: "cars, pickups, motorcycles and motor homes that people use privately, and proof of such cover (SR-22)",
    Line.HOME: "a house, condo or mobile home that is owned, also one let to others; flood, earthquake and storm cover for it",
    Line.RENTERS: "the belongings and liability of somebody who rents where they live",
    Line.LIFE: "money paid when a person dies: term, whole life, burial and final expenses",
    Line.HEALTH: "doctors, hospitals, medicines, teeth and eyes, unless it is Medicare",
    Line.MEDICARE: "Medicare and what goes with it: Advantage, supplements (Medigap), part D, turning the age for it",
    Line.DISABILITY: "income while a person cannot work because of illness or injury",
    Line.LONG_TERM_CARE: "care at home or in a nursing home over a long time",
    Line.ANNUITY: "savings turned into income for life or for years",
    Line.COMMERCIAL: "a business, farm or trade: its liability, property, vehicles, workers' compensation, bonds",
    Line.UMBRELLA: "liability above the limits of other policies; those policies are not asked for by it",
    Line.PET: "bills of a veterinarian",
    Line.OTHER: "insurance of another kind, such as boats, travel, critical illness, identity theft, or retirement plans",
    Line.UNKNOWN: "the message does not say which insurance is meant",
}

INTENTS: Mapping[Intent, str] = {
    Intent.BUY: "a price, a quote or cover",
    Intent.COMPARE: "something better or cheaper than what they have, or two offers weighed against each other",
    Intent.LEARN: "an answer to a question about how insurance works or what it pays, with no wish to buy stated",
    Intent.SERVICE: "help with a policy they hold: a claim, a bill, a change, proof of insurance, cancelling",
    Intent.OUT_OF_SCOPE: "nothing that an insurance agency does",
    Intent.UNKNOWN: "the message does not say what is wanted",
}

URGENCIES: Mapping[Urgency, str] = {
    Urgency.IMMEDIATE: f"at once, today, or up to {IMMEDIATE_DAYS} day ahead",
    Urgency.SOON: f"later than that and up to {SOON_DAYS} days ahead",
    Urgency.PLANNED: f"more than {SOON_DAYS} days ahead, or expressly without hurry",
    Urgency.UNKNOWN: "no time is said",
}

FIELDS: Mapping[str, str] = {
    "zip": "ZIP code of the person or thing to be insured; 5 digits, or 5+4",
    "state": "state of the person or thing to be insured; the two letters of the postal service",
    "age": "age of the person to be insured in whole years",
    "date_of_birth": "date of birth of the person to be insured; as written",
    "household_size": "people in the household, the sender among them; a whole number",
    "children": "children in the household; a whole number",
    "spouse": "whether there is a husband, wife or partner in the household; yes or no",
    "vehicles": "one vehicle to be insured; year, make and model in this order, as far as said",
    "year_built": "year the home was built; 4 digits",
    "square_feet": "living area of the home; a whole number of square feet",
    "home_tenure": "whether the sender owns or rents the home; own or rent",
    "employees": "people the sender's business employs; a whole number, 0 where it has none",
    "business_kind": "what the sender's business does; one to three words in English",
    "current_carrier": "insurer that covers the sender now, not one that quoted, refused, left or insures somebody else",
    "renewal_date": "when the present policy ends or renews; as written",
    "premium": "what the sender pays for insurance now; amount and period as written",
    "budget": "what the sender would spend on insurance; amount and period as written",
    "contact_time": "when the sender wants to be reached; as written",
    "contact_channel": "how the sender wants to be reached; phone, text, email or whatsapp",
    "language": "language the sender asks to be spoken to in; the ISO 639-1 code",
}
"""The fields of :func:`domain.leads.extraction.extract.extract`, as a language model is to hand them over: as text."""
