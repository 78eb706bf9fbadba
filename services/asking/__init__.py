"""Leads and figures as people ask for them: typed filters, every query through the actor's own view."""
