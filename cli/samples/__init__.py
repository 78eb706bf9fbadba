"""Sample data for a first look: an invented agency (``agency.json``) and sixty invented leads (``leads.csv``).

No person in it exists. Mail addresses end in ``.example`` (RFC 2606), phone numbers lie in 555-0100 to 555-0199 of a real
area code, the range set aside for fiction. ZIPs, states and carrier names are real. ``python -m cli.samples.make`` writes
``agency.json`` anew, byte for byte the same; ``leads.csv`` is written by hand.
"""
