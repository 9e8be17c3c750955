"""A scenario and the catalogue become the arrays of the compiled core."""
