"""What every explorer is: a widget where a kernel can answer, and the same computed by a script."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from lambda_lab.show.live import is_live

__all__ = ["Explorer"]


class Explorer(ABC):
    """Something to set, and what follows from it. In a notebook it shows itself."""

    @property
    @abstractmethod
    def title(self) -> str:
        """The question it answers."""

    @property
    @abstractmethod
    def words(self) -> str:
        """The answer to what it is set to at first, in words."""

    @abstractmethod
    def widget(self) -> Any:
        """Return it as an ipywidgets box, whose answers Python computes."""

    @abstractmethod
    def _repr_html_(self) -> str:
        """Return it as a part of a page, whose answers a script computes."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """Return the page, and the widget before it where a kernel can answer."""
        del include, exclude  # Jupyter may ignore them (IPython.display documentation).
        bundle: dict[str, Any] = {"text/html": self._repr_html_(), "text/plain": str(self)}
        if is_live():
            bundle = self.widget()._repr_mimebundle_() | bundle
        return bundle

    def __str__(self) -> str:
        return f"{self.title}\n{self.words}"

    def __repr__(self) -> str:
        return str(self)
