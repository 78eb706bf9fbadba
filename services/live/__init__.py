"""Live updates: tickets, the feed of events, and the hub that hands them out."""
