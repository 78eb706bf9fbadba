"""Short-lived shared state in Redis; whatever must survive is in Postgres."""
