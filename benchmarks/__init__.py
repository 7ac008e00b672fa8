"""What a call and a cold start cost here, against floors measured in the same run.

``make bench`` runs it. Nothing here is part of the package, and slowness never fails a build:
a missed goal is marked in the table.
"""
