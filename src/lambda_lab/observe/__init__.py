"""Logs and metrics of functions, on their way to CloudWatch."""

from lambda_lab.observe.telemetry import BufferedTelemetry

__all__ = ["BufferedTelemetry"]
