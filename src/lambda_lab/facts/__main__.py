"""``python -m lambda_lab.facts diff``: what an SDK upgrade changed.

Exit status 0 when nothing did, 1 when something did, 2 when the command is not understood.
"""

from __future__ import annotations

import sys

from .upgrade import differences, lambda_model


def main(arguments: list[str]) -> int:
    """Run the command and return its exit status."""
    if arguments != ["diff"]:
        print("Usage: python -m lambda_lab.facts diff", file=sys.stderr)
        return 2
    found = list(differences(lambda_model()))
    print("\n".join(found) or "botocore's model agrees with the stored API bounds.")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
