"""Running code: packages, the Runtime API, execution environments. Knows no AWS client.

Others use :class:`Environment` through the names below and assume nothing about processes.
Everything is imported on first use, so that importing the package starts nothing.
"""
