"""Who gets the lead: facts, ranking, the claim, the receipt."""
