"""Threat evaluation, designation, choice of the unit and weapon."""
