"""Who gets a lead: hard gates first, then fourteen weighed factors, and a receipt that can be recomputed."""
