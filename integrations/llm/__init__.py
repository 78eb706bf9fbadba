"""One gateway to language models: who calls, what it costs, how often it is tried. Libraries for prompts live in agents/."""
