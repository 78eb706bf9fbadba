"""Messages to consumers and producers: queued with what makes them necessary, sent by workers, and followed."""
