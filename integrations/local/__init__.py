"""Models that run in this process from files in the wheel: embeddings, text classifiers, language. No network, no pickle."""
