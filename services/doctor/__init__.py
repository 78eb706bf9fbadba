"""Is this installation well? Every part examined, each finding with what to do."""
