"""The catalogue: what open sources print about each system, who says so, and what the model assumes."""

from openiads.catalogue.load import Catalogue, built_in, load_catalogue
from openiads.catalogue.model import Claim, ClaimGroup, Component, Override, Parameter, Report, Source, System

__all__ = [
    "Catalogue",
    "Claim",
    "ClaimGroup",
    "Component",
    "Override",
    "Parameter",
    "Report",
    "Source",
    "System",
    "built_in",
    "load_catalogue",
]
