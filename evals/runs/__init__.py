"""Running suites: the matrix of cases, variants and trials, its store, and what came out."""
