"""LangGraph: order, waiting, durability. A node is one agent run or one tool transaction; state holds no personal data."""
