"""Replication, uncertainty, stopping, back ends."""
