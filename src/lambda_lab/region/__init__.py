"""A private AWS region: everything below, opened and closed as one, and its control paths."""

from lambda_lab.region.region import Region

__all__ = ["Region"]
