"""The score of a lead, from what it says and how it came."""
