"""Detection probability, the range equation, scan schedules."""
