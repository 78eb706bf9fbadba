"""The harness for prompts, models and rules: suites, graders, runs, statistics, verdicts, reports."""
