"""Experiments on live leads, judged by the same verdict as suites, at any time and as often as one likes."""
