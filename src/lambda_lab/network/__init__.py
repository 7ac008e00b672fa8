"""Networks: what a function can reach, and the first thing that stops it.

``topology`` has the records, ``reading`` fills them from the region's EC2 state, ``reach`` walks a
packet there and its answer back, hop by hop.
"""
