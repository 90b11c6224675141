"""Files in: encodings, compression, layouts, instruction rows and ranking rows; each has one reader for every command.

`instructions.read` reads instruction rows, `rankings` rankings. Nothing is imported here: `view` of a stage folder uses no
reader, and opens a third of a second sooner.
"""
