"""The rules of the trade: pure functions, no I/O, no clock. What could be wrong without a database is decided here."""
