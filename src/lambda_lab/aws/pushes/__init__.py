"""Services that push: each hands its events to functions, asynchronously, when they happen."""
