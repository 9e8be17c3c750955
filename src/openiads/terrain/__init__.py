"""Elevation: synthetic relief and rasters on the scenario's own grid, and the polar masks that radars see over it."""
