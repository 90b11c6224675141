"""InstructWild: real questions from public posts, turned into a model that answers them.

The packages are imported by name (`instructwild.clean`, `instructwild.stage`, ...); importing the package itself loads
nothing but this version.
"""

__version__ = "0.2.0"
