"""``python -m lambda_lab`` is ``lambda-lab``, where that program is not on the PATH."""

from __future__ import annotations

import sys

from lambda_lab.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
