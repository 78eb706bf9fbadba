"""Documents: pages of words and tables, what kind they are, and the typed fields they state with page and quote."""
