"""Downloads Natural Questions from its public bucket, or a mirror of it, over HTTP.

    published   published sizes and SHA-256 of the shards
    catalogue   the files, their sizes and checksums, and where they go
    web         requests, and which failures are worth a retry
    parts       the bytes of a file that have been fetched so far
    fetching    one file: resumed, retried, checked
    ledger      the record of the files fetched into a folder
    inventory   which files are complete, and which must be fetched
    jobs        many files at once
"""
