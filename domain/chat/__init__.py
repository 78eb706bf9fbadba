"""A conversation that takes a lead: what is asked, in which order, what an answer means, and what is never said."""
