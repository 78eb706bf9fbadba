"""Logs without personal data, traces and metrics."""
