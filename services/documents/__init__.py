"""Documents: taken in, stored by hash, read in a process of their own, and shown with page and quote."""
