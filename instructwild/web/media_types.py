"""The types of the files that a page is made of."""

MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
