"""What the system remembers: Postgres is the truth; graph and vectors are projections of it."""
