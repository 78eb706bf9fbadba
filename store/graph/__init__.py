"""The network graph over Bolt: a projection of Postgres, rebuilt from it at any time."""
