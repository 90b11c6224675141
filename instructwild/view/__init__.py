"""`instructwild view`: a local page on which people look at stage folders and files, compare them and edit rows."""
