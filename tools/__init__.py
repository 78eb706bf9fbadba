"""What an agent or a graph step may call: typed, thin, one service call each, the actor always from the deps."""
