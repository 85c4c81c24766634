"""Questions over HTTP, and the web page that asks them."""
