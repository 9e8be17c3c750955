"""Fly-out, envelope, kill."""
