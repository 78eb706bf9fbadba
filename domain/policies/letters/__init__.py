"""Letters of policies as words and values; whoever draws them adds nothing."""
