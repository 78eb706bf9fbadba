"""The consumer chat: conversations that take leads."""
