"""Every exercise of the book, one module for each lab: ``l31.py`` holds those of lab L31."""

from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

__all__ = ["REGISTRY"]

_NUMBERS = sorted(int(module.name[1:]) for module in iter_modules(__path__))
_LABS = [import_module(f"{__name__}.l{number:02}") for number in _NUMBERS]

REGISTRY = MappingProxyType({exercise.id: exercise for lab in _LABS for exercise in lab.EXERCISES})
"""Exercise id to exercise, in the order of the book."""
