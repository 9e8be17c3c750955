"""Paths as closed-form functions of time."""
