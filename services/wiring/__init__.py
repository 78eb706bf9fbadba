"""Services by group, each built once on the opened stores; services/container.py puts them together."""
