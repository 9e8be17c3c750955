"""Track confirmation, hold and drop."""
