"""Adapters to what is not ours: vendors, file formats, the bus, local models. Each has a plain twin where it is optional."""
