"""Cases from files: JSONL, YAML, CSV, and the tests of promptfoo. Every fault is named with file, line and field."""
