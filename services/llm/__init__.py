"""What language models were asked, what it cost, and how much of it a day may hold."""
