"""Commissions: what a sale earns and whom, what comes back when it ends early, and the ledger that holds it all."""
