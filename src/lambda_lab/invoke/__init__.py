"""Calling functions: one path for every caller, from admission to the log's REPORT line."""
