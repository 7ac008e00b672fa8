"""The seam between moto's RDS and the servers behind it.

moto keeps what RDS tells; :mod:`.opened` puts the rest in its place while a region is open:
:mod:`.checks` refuses what RDS refuses, :mod:`.lifecycle` takes instances through their states on
the clock, :mod:`.groups` gives parameter groups their meaning. What runs a server is handed in, as
:class:`.records.InstanceServers`.
"""
