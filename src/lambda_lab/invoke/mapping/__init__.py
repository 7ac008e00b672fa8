"""Event source mappings: Lambda polls a queue or a stream and calls the function with batches.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""
