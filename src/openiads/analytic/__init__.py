"""Closed forms of air defence and of interval estimation: what the engine is held against."""
