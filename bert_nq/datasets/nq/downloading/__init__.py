"""Fetching Natural Questions from its public bucket, or a mirror of it, over HTTP.

    published   sizes and SHA-256 of the shards, as others have published them
    catalogue   which files there are, what is known of them, and where they go
    web         requests, and which failures are worth another try
    parts       the bytes of a file that are there so far
    fetching    one file: resumed, retried, checked
    ledger      what was fetched into a folder
    inventory   what is there already, and what must be fetched
    jobs        many files at once
"""
