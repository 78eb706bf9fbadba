"""What answers the cases of a suite: a prompt, a specialist, a graph, an endpoint."""
