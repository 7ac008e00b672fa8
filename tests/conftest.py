"""What every test shares. Fixtures of one room stand in that folder's own conftest."""

from __future__ import annotations

import gc
import os

# No test may find this machine's AWS settings; a test that needs such settings puts them there.
# LAMBDA_LAB_NOTES only says where the study notes are, for the tests of the ledger of claims.
for name in [name for name in os.environ if name.startswith(("AWS_", "LAMBDA_LAB_"))]:
    if name != "LAMBDA_LAB_NOTES":
        del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["AWS_CONFIG_FILE"] = os.devnull
os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull


def pytest_collection_finish() -> None:
    """Set aside what collection made: each full collection of garbage walked it for half a second.

    Tests, their modules and parameters stay to the end, so there is no garbage to find in them.
    """
    gc.collect()
    gc.freeze()
