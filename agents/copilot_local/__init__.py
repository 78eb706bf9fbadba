"""The copilot without a language model: a grammar reads, the tools answer, templates tell."""
