"""Runs oracle files against the laws and the engine."""
