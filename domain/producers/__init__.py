"""Producers' records: who may change what, what was measured, what a licence database says."""
