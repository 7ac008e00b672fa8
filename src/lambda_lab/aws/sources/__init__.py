"""moto's queues and streams as the pollers of event source mappings see them."""
