"""Every exercise of the book, one module for each lab; a new lab's module is added to ``_LABS``."""

from types import MappingProxyType

from lambda_lab.teach.exercises import l00, l10, l30

__all__ = ["REGISTRY"]

_LABS = (l00, l10, l30)

REGISTRY = MappingProxyType({exercise.id: exercise for lab in _LABS for exercise in lab.EXERCISES})
"""Exercise id to exercise, in the order of the book."""
