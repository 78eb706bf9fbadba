"""What came out of a run, for people and for machines: HTML, Markdown, JSON, JUnit, CSV, and what needs a human label."""
