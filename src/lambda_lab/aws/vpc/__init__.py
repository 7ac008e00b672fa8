"""Functions attached to a VPC: their settings, their interfaces, and the states they cause."""
