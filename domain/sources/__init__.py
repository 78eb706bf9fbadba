"""Where leads come from: a source's settings, and the rules that follow from them."""
