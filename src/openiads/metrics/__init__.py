"""From records to outcomes: estimates, intervals, causes."""
