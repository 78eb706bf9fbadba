"""Messages out: one port, a vendor a file, and the twin that sends nothing and says so."""
