"""One region per module, because a process holds one at a time.

Tests that ask for ``lab`` run twice: in environments with a private root file system, and in
environments that share the machine's. Those marked ``private_root`` or ``shared_root`` run once.
"""

from __future__ import annotations

from both_roots import lab

__all__ = ["lab"]
