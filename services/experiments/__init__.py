"""Experiments on live leads: begun and ended by an administrator, told to the pipeline, and who was in them."""
