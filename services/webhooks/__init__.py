"""Subscriptions to events, and their deliveries."""
