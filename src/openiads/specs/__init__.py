"""What a radar, a weapon, a threat or a fire unit is: frozen dataclasses in SI units, without behaviour.

The rows of the compiled core are made from these fields (`state.layout`), so a law's inputs are declared once, here.
"""

from openiads.specs.command import Doctrine, Post
from openiads.specs.component import Component
from openiads.specs.fire_unit import FireUnit, Magazine
from openiads.specs.radar import Radar
from openiads.specs.threat import Threat
from openiads.specs.weapon import Envelope, Weapon

__all__ = ["Component", "Doctrine", "Envelope", "FireUnit", "Magazine", "Post", "Radar", "Threat", "Weapon"]
