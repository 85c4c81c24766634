"""Questions about one's own pages: a reader of pages, a search in many, a service, a web page."""
