"""Application Auto Scaling of provisioned concurrency: on a schedule, and after a target."""
