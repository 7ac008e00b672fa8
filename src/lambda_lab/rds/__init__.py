"""Real PostgreSQL servers behind moto's RDS, on loopback only.

moto keeps what RDS tells of an instance (:mod:`lambda_lab.aws.rds` is the seam); this room runs
the server that the instance is. :mod:`.binaries` finds PostgreSQL, :mod:`.server` runs one, bound
to the life of this process by :mod:`.keeper`, :mod:`.databases` runs one for each instance, and
:mod:`.endpoints` knows which address belongs to which of them.
"""
