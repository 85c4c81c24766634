"""Pages as they are on the web, or as text, turned into pages of Natural Questions."""
