"""Questions, their words by language, and the patterns by which wishes are heard."""
