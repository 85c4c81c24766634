"""More examples from those that there are: pages with some of their words or parts changed."""
