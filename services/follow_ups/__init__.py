"""A person's own reminders of leads."""
