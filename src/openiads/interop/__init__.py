"""Files of others: readers of recorded plots and traffic. They give plain tables and know nothing of the engine."""
