"""Leads that speak to the machine: what they order must move nothing."""
