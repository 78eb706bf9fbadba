"""What the copilot may call: one function an entry of domain.asking.catalogue, the actor always from the deps."""
