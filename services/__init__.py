"""What the system does: load, ask the domain, save, record the event; one use case, one transaction."""
