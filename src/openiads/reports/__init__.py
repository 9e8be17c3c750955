"""From a saved record to a page."""
