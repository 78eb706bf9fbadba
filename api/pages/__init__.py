"""Pages that the API serves to people, with what they load."""
