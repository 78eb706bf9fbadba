"""Commissions: earned, released, charged back, paid, explained, and reconciled with what carriers say."""
