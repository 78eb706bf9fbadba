"""What people ask the copilot."""
