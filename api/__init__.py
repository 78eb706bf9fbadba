"""The HTTP door: FastAPI over the services."""
